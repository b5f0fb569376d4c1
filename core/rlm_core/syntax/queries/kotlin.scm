(class_declaration "interface" name: (identifier) @name (class_body)? @body) @definition.interface
(class_declaration name: (identifier) @name (enum_class_body) @body) @definition.enum
(class_declaration name: (identifier) @name (class_body)? @body) @definition.class
(object_declaration name: (identifier) @name (class_body)? @body) @definition.class
(companion_object name: (identifier) @name (class_body)? @body) @definition.class
(enum_entry (identifier) @name) @definition.enum_member
(type_alias type: (identifier) @name) @definition.class

(function_declaration
  [(user_type (identifier) @scope .) (user_type (identifier) @scope . (type_arguments) .)]
  . name: (identifier) @name (function_body)? @body) @definition.function
(function_declaration name: (identifier) @name (function_body)? @body) @definition.function
(secondary_constructor "constructor" @name (block)? @body) @definition.constructor

(class_parameter ["val" "var"] (identifier) @name) @definition.property
(class_body (property_declaration (variable_declaration (identifier) @name)) @definition.property)
(source_file
  (property_declaration
    [(user_type (identifier) @scope .) (user_type (identifier) @scope . (type_arguments) .)]
    . (variable_declaration (identifier) @name)) @definition.property)
(source_file (property_declaration (variable_declaration (identifier) @name)) @definition.variable)

[(line_comment) (block_comment)] @lead
