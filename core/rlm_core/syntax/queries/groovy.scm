(class_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(enum_constant name: (identifier) @name) @definition.enum_member
(annotation_type_declaration name: (identifier) @name) @definition.interface

(method_declaration name: (identifier) @name) @definition.function
(constructor_declaration name: (identifier) @name) @definition.constructor
(function_definition name: (identifier) @name) @definition.function
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.field
(program (local_variable_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.variable)

; Stages of a Jenkinsfile.
((method_invocation name: (identifier) @_stage arguments: (argument_list . (_) @name) body: (closure) @body)
  @definition.function
  (#eq? @_stage "stage"))

[(line_comment) (block_comment)] @lead
