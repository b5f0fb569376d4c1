(class_declaration name: (_) @name) @type.class
(variable_declarator name: (identifier) @name value: (class) @type.class)
(assignment_expression
  left: [(identifier) @name (member_expression property: (property_identifier) @name)]
  right: (class) @type.class)
(export_statement "default" @name value: (class) @type.class)
[(function_declaration name: (_) @name) (method_definition name: (_) @name)] @scope
(export_statement "default" @default declaration: (_ name: (_) @source)) @export
(export_statement "default" @default value: (identifier) @source) @export

(import_statement (import_clause (identifier) @local) source: (string) @module) @binding
(import_statement
  (import_clause (namespace_import (identifier) @local) @whole) source: (string) @module) @binding
(import_statement (import_clause (named_imports) @names) source: (string) @module) @binding
(export_statement (export_clause) @names source: (string)? @module) @export
(export_statement (namespace_export (_) @local) @whole source: (string) @module) @export
(export_statement "*" @all source: (string) @module) @export

(variable_declarator name: (identifier) @local value: [(identifier) (member_expression)] @source) @binding
(variable_declarator
  name: (identifier) @local
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string) @module))
  (#eq? @_require "require")) @binding
(variable_declarator
  name: (object_pattern) @names
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string) @module))
  (#eq? @_require "require")) @binding
(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @default)
  right: (identifier) @source
  (#eq? @_module "module") (#eq? @default "exports")) @export
(assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (object) @names
  (#eq? @_module "module") (#eq? @_exports "exports")) @export
(assignment_expression
  left: (member_expression object: (identifier) @_exports property: (property_identifier) @local)
  right: (identifier) @source
  (#eq? @_exports "exports")) @export
