(call_expression function: (_) @callee)
(emit_statement name: (_) @callee)
