(method_invocation name: (identifier) @call)
(object_creation_expression type: (_) @callee)

(import_declaration (scoped_identifier) @module (asterisk)? @all) @import
