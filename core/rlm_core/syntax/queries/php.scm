(namespace_definition name: (_) @name) @definition.namespace
(class_declaration name: (name) @name) @definition.class
(interface_declaration name: (name) @name) @definition.interface
(trait_declaration name: (name) @name) @definition.class
(enum_declaration name: (name) @name) @definition.enum
(enum_case name: (name) @name) @definition.enum_member

(function_definition name: (name) @name) @definition.function
((method_declaration name: (name) @name) @definition.constructor (#eq? @name "__construct"))
(method_declaration name: (name) @name) @definition.method
(property_declaration (property_element name: (variable_name) @name)) @definition.property
(const_declaration (const_element (name) @name)) @definition.constant

(property_promotion_parameter name: (variable_name) @name) @member.property
((function_call_expression
  function: (name) @_define
  arguments: (arguments
    . (argument [(string (string_content) @name) (encapsed_string . (string_content) @name)]))) @definition.constant
  (#eq? @_define "define"))

(comment) @lead
