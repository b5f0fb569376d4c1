(function_call (identifier) @call)
