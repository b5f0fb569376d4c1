(call_expression function: (_) @callee)
(instance_expression . (_) @callee)
(infix_expression operator: (identifier) @call)
