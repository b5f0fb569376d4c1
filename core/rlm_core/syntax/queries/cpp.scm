(namespace_definition name: (_) @name) @definition.namespace
(class_specifier name: (_) @name body: (_)) @definition.class
(concept_definition name: (_) @name) @definition.interface
(alias_declaration name: (type_identifier) @name) @definition.class

; Members and qualified names: `int A::b()`, `~A()`, `operator==`.
(function_definition
  declarator: (function_declarator
    declarator: [(field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)) @definition.function
(function_definition
  declarator: (_
    (function_declarator
      declarator: [(identifier) (field_identifier) (qualified_identifier) (operator_name)] @name))) @definition.function
(function_definition declarator: (operator_cast) @name) @definition.function
(function_definition
  declarator: (qualified_identifier name: (operator_cast)) @name) @definition.function

(field_declaration
  declarator: (function_declarator
    declarator: [(field_identifier) (destructor_name) (operator_name)] @name)) @definition.method
(field_declaration
  declarator: (_
    (function_declarator declarator: [(field_identifier) (operator_name)] @name))) @definition.method
(field_declaration_list
  (declaration
    declarator: (function_declarator
      declarator: [(identifier) (destructor_name) (operator_name)] @name)) @definition.function)
(field_declaration declarator: (reference_declarator (field_identifier) @name)) @definition.field

(template_declaration (declaration declarator: (function_declarator declarator: (_) @name)) @definition.function)
(template_declaration) @wrapper
