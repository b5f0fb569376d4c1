(call_expression . (_) @callee)
(constructor_expression constructed_type: (_) @callee)
(macro_invocation (simple_identifier) @call)
