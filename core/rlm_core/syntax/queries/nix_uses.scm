(apply_expression function: (_) @callee)
