(call_expression
  function: [
    (identifier) @call
    (selector_expression field: (field_identifier) @call)
  ])
(call_expression
  function: (type_instantiation_expression type: [(type_identifier) @call (qualified_type name: (type_identifier) @call)]))

(import_spec path: (_) @module) @import
