(method_invocation name: (identifier) @call)
(juxt_function_call name: (_) @callee)
(object_creation_expression type: (_) @callee)
