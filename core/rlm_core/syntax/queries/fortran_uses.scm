(subroutine_call subroutine: (_) @callee)
; An element of an array looks the same.
(call_expression . (identifier) @call)
