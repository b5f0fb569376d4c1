(call_expression . (_) @callee)
(broadcast_call_expression . (_) @callee)
(macrocall_expression (macro_identifier (identifier) @call))
; Its own name stands in the head of a definition as if it were called.
(signature (call_expression . (identifier) @head))
(signature (where_expression . (call_expression . (identifier) @head)))
(signature (typed_expression . (call_expression . (identifier) @head)))
(assignment . (call_expression . (identifier) @head))
