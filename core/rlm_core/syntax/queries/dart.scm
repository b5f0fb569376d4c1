(class_definition name: (identifier) @name) @definition.class
(mixin_declaration (identifier) @name (class_body) @body) @definition.class
(extension_declaration name: (identifier) @name) @definition.class
(enum_declaration name: (identifier) @name) @definition.enum
(enum_constant name: (identifier) @name) @definition.enum_member
(type_alias . (type_identifier) @name) @definition.class

; The body of a function stands behind its signature.
((method_signature
  [(constructor_signature (identifier) @name . (formal_parameter_list))
   (constant_constructor_signature (identifier) @name . (formal_parameter_list))
   (factory_constructor_signature (identifier) @name . (formal_parameter_list))]) @definition.constructor
  . (function_body) @body @end)
((method_signature
  [(getter_signature name: (identifier) @name) (setter_signature name: (identifier) @name)]) @definition.property
  . (function_body) @body @end)
((method_signature (operator_signature (binary_operator) @name)) @definition.operator . (function_body) @body @end)
((method_signature (function_signature name: (identifier) @name)) @definition.method . (function_body) @body @end)
(program (function_signature name: (identifier) @name) @definition.function . (function_body) @body @end)
(program
  [(getter_signature name: (identifier) @name) (setter_signature name: (identifier) @name)] @definition.variable
  . (function_body) @body @end)
(local_function_declaration
  (lambda_expression (function_signature name: (identifier) @name) (function_body) @body)) @definition.function

(declaration
  [(constructor_signature (identifier) @name . (formal_parameter_list))
   (constant_constructor_signature (identifier) @name . (formal_parameter_list))
   (redirecting_factory_constructor_signature (identifier) @name . (formal_parameter_list))]) @definition.constructor
(declaration (function_signature name: (identifier) @name)) @definition.method
(declaration
  [(getter_signature name: (identifier) @name) (setter_signature name: (identifier) @name)]) @definition.property

(declaration
  (initialized_identifier_list (initialized_identifier . (identifier) @name))) @definition.field
(declaration
  (static_final_declaration_list (static_final_declaration . (identifier) @name))) @definition.field
(program (static_final_declaration_list (static_final_declaration . (identifier) @name)) @definition.variable)
(program (initialized_identifier_list (initialized_identifier . (identifier) @name)) @definition.variable)

[(comment) (documentation_comment) (annotation)] @lead
