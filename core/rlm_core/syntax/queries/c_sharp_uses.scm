(invocation_expression function: (_) @callee)
(object_creation_expression type: (_) @callee)

(using_directive [(identifier) (qualified_name)] @module .) @import
