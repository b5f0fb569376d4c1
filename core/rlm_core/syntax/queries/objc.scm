(class_interface . (identifier) @name) @definition.class
(class_implementation . (identifier) @name) @definition.class
(protocol_declaration . (identifier) @name) @definition.interface

; Of `add:count:` the first part.
(method_declaration (method_type) . (identifier) @name) @definition.method
(method_definition (method_type) . (identifier) @name (compound_statement) @body) @definition.method
(property_declaration
  (struct_declaration
    (struct_declarator [(identifier) @name (pointer_declarator (identifier) @name)]))) @definition.property
(instance_variable
  (struct_declaration
    (struct_declarator [(identifier) @name (pointer_declarator (identifier) @name)]))) @definition.field

(type_definition
  declarator: (function_declarator
    declarator: (parenthesized_declarator
      (block_pointer_declarator declarator: (type_identifier) @name)))) @definition.class
