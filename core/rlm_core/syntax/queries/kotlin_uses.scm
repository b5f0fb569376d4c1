(call_expression . (_) @callee)
(constructor_invocation (user_type (identifier) @call .))
(constructor_invocation (user_type (identifier) @call . (type_arguments)))
