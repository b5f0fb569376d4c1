(abstract_class_declaration name: (_) @name) @definition.class
(interface_declaration name: (_) @name) @definition.interface
(type_alias_declaration name: (_) @name) @definition.class
(enum_declaration name: (_) @name) @definition.enum
(enum_body (property_identifier) @name @definition.enum_member)
(enum_body (enum_assignment name: (_) @name) @definition.enum_member)
(internal_module name: (_) @name) @definition.namespace
(module name: (_) @name) @definition.module

(function_signature name: (_) @name) @definition.function
(method_signature name: (_) @name) @definition.method
(abstract_method_signature name: (_) @name) @definition.method
(interface_body (property_signature name: (_) @name) @definition.property)
(public_field_definition
  name: (_) @name
  value: [(arrow_function) (function_expression)]) @definition.method
(public_field_definition name: (_) @name) @definition.field

(ambient_declaration) @wrapper
(ambient_declaration (lexical_declaration (variable_declarator name: (identifier) @name) @definition.constant))
(ambient_declaration (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))

; `constructor(private name: string)` declares a field.
(required_parameter [(accessibility_modifier) "readonly"] . pattern: (identifier) @name) @member.field
(required_parameter (accessibility_modifier) . "readonly" . pattern: (identifier) @name) @member.field
(optional_parameter [(accessibility_modifier) "readonly"] . pattern: (identifier) @name) @member.field
(optional_parameter (accessibility_modifier) . "readonly" . pattern: (identifier) @name) @member.field

; Decorators of methods stand before them, those of fields are a part.
(class_body (decorator) @lead)
