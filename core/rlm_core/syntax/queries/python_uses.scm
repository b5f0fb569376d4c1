(call function: (_) @callee)
; `Box[int](1)`; a function out of a table has no name.
((call function: (subscript value: (identifier) @call)) (#match? @call "^[A-Z]"))
(decorator [(identifier) @call (attribute attribute: (identifier) @call)])

(import_statement name: [(dotted_name) @module (aliased_import name: (dotted_name) @module)]) @import
(import_from_statement module_name: (_) @module) @import
(import_from_statement
  module_name: (_) @module
  name: [(dotted_name) @name (aliased_import name: (dotted_name) @name)]) @import
