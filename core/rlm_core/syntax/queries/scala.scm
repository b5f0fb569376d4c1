(class_definition name: (_) @name) @definition.class
(trait_definition name: (_) @name) @definition.interface
(enum_definition name: (_) @name) @definition.enum
(object_definition name: (_) @name) @definition.module
(package_object name: (_) @name) @definition.module
(type_definition name: (_) @name) @definition.class
(given_definition name: (_) @name) @definition.class
(given_definition return_type: (_) @title) @definition.class
[(simple_enum_case name: (_) @name) (full_enum_case name: (_) @name)] @definition.enum_member

((function_definition name: (identifier) @name) @definition.constructor (#eq? @name "this"))
(template_body (function_definition name: (_) @name) @definition.method)
(template_body (function_declaration name: (_) @name) @definition.method)
(function_definition name: (_) @name) @definition.function
(function_declaration name: (_) @name) @definition.function

(class_definition "case" class_parameters: (class_parameters (class_parameter name: (_) @name) @definition.field))
(class_parameter ["val" "var"] name: (_) @name) @definition.field
(template_body
  [(val_definition pattern: [(identifier) @name (identifiers (identifier) @name)])
   (var_definition pattern: [(identifier) @name (identifiers (identifier) @name)])
   (val_declaration name: (identifier) @name)
   (var_declaration name: (identifier) @name)] @definition.field)
(compilation_unit
  [(val_definition pattern: [(identifier) @name (identifiers (identifier) @name)])
   (var_definition pattern: [(identifier) @name (identifiers (identifier) @name)])] @definition.variable)

[(comment) (block_comment)] @lead
