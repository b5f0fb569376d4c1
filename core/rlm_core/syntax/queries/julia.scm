(module_definition name: (_) @name) @definition.module
(struct_definition
  (type_head [
    (identifier) @name
    (parametrized_type_expression . (identifier) @name)
    (binary_expression . [(identifier) @name (parametrized_type_expression . (identifier) @name)])
  ])) @definition.struct
([(abstract_definition (type_head [
    (identifier) @name
    (parametrized_type_expression . (identifier) @name)
    (binary_expression . [(identifier) @name (parametrized_type_expression . (identifier) @name)])
  ]))
  (primitive_definition (type_head [
    (identifier) @name
    (binary_expression . (identifier) @name)
  ]))]) @definition.class
(struct_definition (identifier) @name @definition.field)
(struct_definition (typed_expression . (identifier) @name) @definition.field)
(struct_definition (assignment . [(identifier) @name (typed_expression . (identifier) @name)]) @definition.field)

; `f(x)`, `A.f(x)`, `f(x)::T`, `f(x) where T`, `A{T}(x)`
[
  (function_definition (signature [
    (identifier) @name
    (call_expression . [
      (identifier) @name
      (operator) @name
      (field_expression (identifier) @name .)
      (parametrized_type_expression . (identifier) @name)
    ])
    (_ . (call_expression . [
      (identifier) @name
      (operator) @name
      (field_expression (identifier) @name .)
      (parametrized_type_expression . (identifier) @name)
    ]))
    (_ . (_ . (call_expression . [(identifier) @name (field_expression (identifier) @name .)])))
  ]))
  (macro_definition (signature (call_expression . (identifier) @name)))
  (assignment . (call_expression . [
      (identifier) @name
      (operator) @name
      (field_expression (identifier) @name .)
      (parametrized_type_expression . (identifier) @name)
    ]))
  (assignment . (typed_expression . (call_expression . [
      (identifier) @name
      (field_expression (identifier) @name .)
    ])))
  (assignment . (where_expression . (call_expression . [
      (identifier) @name
      (field_expression (identifier) @name .)
      (parametrized_type_expression . (identifier) @name)
    ])))
  (assignment . (binary_expression (operator) @name))
  (assignment . (identifier) @name (operator) (arrow_function_expression))
] @definition.function

((macrocall_expression
  (macro_identifier (identifier) @_macro) (macro_argument_list . (identifier) @name)) @definition.enum
  (#eq? @_macro "enum"))
((macrocall_expression
  (macro_identifier (identifier) @_macro)
  (macro_argument_list . (identifier) (identifier) @name @definition.enum_member))
  (#eq? @_macro "enum"))
(const_statement (assignment . (identifier) @name)) @definition.constant
(module_definition (assignment . (identifier) @name) @definition.variable)
(source_file (assignment . (identifier) @name) @definition.variable)

(macrocall_expression) @wrapper
(source_file (string_literal) @lead)
(module_definition (string_literal) @lead)
[(line_comment) (block_comment)] @lead
