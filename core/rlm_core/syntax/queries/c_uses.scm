(call_expression function: (_) @callee)
; What a macro stands for is not parsed, but a name before a parenthesis looks like a call.
(preproc_function_def value: (preproc_arg) @unparsed)
(preproc_def value: (preproc_arg) @unparsed)
