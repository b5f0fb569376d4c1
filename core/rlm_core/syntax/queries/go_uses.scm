(call_expression function: (_) @callee)
; `f[int](x)` is read as a conversion.
(type_conversion_expression type: (generic_type) @callee)

(import_spec path: (_) @module) @import
