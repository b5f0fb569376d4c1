(call_expression function: (_) @callee)
(new_expression constructor: (_) @callee)
(decorator [(identifier) @call (member_expression property: (property_identifier) @call)])

(import_statement source: (string) @module) @import
(export_statement source: (string) @module) @import
(call_expression
  function: [(identifier) @function (import)]
  arguments: (arguments . (string) @module)
  (#eq? @function "require")) @import
