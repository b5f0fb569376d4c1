(variable_declaration . (identifier) @name (struct_declaration)) @definition.struct
(variable_declaration . (identifier) @name (union_declaration)) @definition.struct
(variable_declaration . (identifier) @name (opaque_declaration)) @definition.struct
(variable_declaration . (identifier) @name (enum_declaration)) @definition.enum
(variable_declaration . (identifier) @name (error_set_declaration)) @definition.enum
(enum_declaration (container_field name: (identifier) @name) @definition.enum_member)
(error_set_declaration (identifier) @name @definition.enum_member)
(container_field name: (identifier) @name) @definition.field

(function_declaration name: (identifier) @name) @definition.function
(test_declaration (string . (_)) @quoted (block) @body) @definition.function
(test_declaration . (identifier) @title (block) @body) @definition.function

(source_file (variable_declaration . (identifier) @name) @definition.variable)
(struct_declaration (variable_declaration . (identifier) @name) @definition.variable)
(enum_declaration (variable_declaration . (identifier) @name) @definition.variable)
(union_declaration (variable_declaration . (identifier) @name) @definition.variable)

(comment) @lead
