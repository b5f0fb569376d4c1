(function_call name: (_) @callee)
