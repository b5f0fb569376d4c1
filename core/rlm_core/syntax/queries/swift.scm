(class_declaration declaration_kind: "struct" name: (type_identifier) @name) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name) @definition.enum
(class_declaration declaration_kind: "extension" name: (user_type) @name) @container
(class_declaration name: (type_identifier) @name) @definition.class
(protocol_declaration name: (type_identifier) @name) @definition.interface
(typealias_declaration name: (type_identifier) @name) @definition.class
(associatedtype_declaration name: (type_identifier) @name) @definition.class
(enum_entry name: (simple_identifier) @name) @definition.enum_member

(function_declaration name: (simple_identifier) @name) @definition.function
(function_declaration name: [
  "==" "!=" "===" "!==" "<" ">" "<=" ">=" "+" "-" "*" "/" "%" "+=" "-=" "*=" "/=" "%=" "++" "--" "!" "~"
  "&" "|" "^" "<<" ">>" "..." "..<" (custom_operator)
] @name) @definition.operator
(protocol_function_declaration name: (simple_identifier) @name) @definition.method
(init_declaration "init" @name) @definition.constructor
(deinit_declaration "deinit" @name) @definition.method
(subscript_declaration "subscript" @name (computed_property) @body) @definition.property

(protocol_property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)) @definition.property
(class_body
  (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.property)
(enum_class_body
  (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.property)
(source_file
  (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.variable)

(macro_declaration (simple_identifier) @name) @definition.function
(class_body
  (property_declaration name: (pattern (pattern (simple_identifier) @name))) @definition.property)
(source_file
  (property_declaration name: (pattern (pattern (simple_identifier) @name))) @definition.variable)

[(comment) (multiline_comment)] @lead
