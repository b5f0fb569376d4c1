(class_definition name: (identifier) @name) @type.class
(function_definition name: (identifier) @name) @scope
(class_definition superclasses: (argument_list (_) @base.extends)) @heir
[(if_statement) (try_statement) (match_statement)] @branch

(import_statement name: (dotted_name) @module) @binding
(import_statement name: (aliased_import name: (dotted_name) @module alias: (identifier) @local)) @binding
(import_from_statement module_name: (_) @module name: (dotted_name) @source) @binding
(import_from_statement
  module_name: (_) @module
  name: (aliased_import name: (dotted_name) @source alias: (identifier) @local)) @binding
(import_from_statement module_name: (_) @module (wildcard_import) @all) @binding
(assignment left: (identifier) @local right: [(identifier) (attribute) (subscript)] @source) @binding
(assignment left: (identifier) @local right: (call) @source (#match? @local "^[A-Z]")) @binding
