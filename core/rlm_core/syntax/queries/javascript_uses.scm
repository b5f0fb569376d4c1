(call_expression
  function: [
    (identifier) @call
    (member_expression property: [(property_identifier) (private_property_identifier)] @call)
  ])
(new_expression
  constructor: [(identifier) @call (member_expression property: (property_identifier) @call)])

(import_statement source: (string) @module) @import
(export_statement source: (string) @module) @import
(call_expression
  function: [(identifier) @function (import)]
  arguments: (arguments . (string) @module)
  (#eq? @function "require")) @import
