; A declarator wraps its name in as many layers as the type has: `int *(f)(void)`. They are walked in Python.
(function_definition type: (_) declarator: (_) @declarator) @definition.function
(function_definition !type declarator: (_) @untyped) @definition.function

; A function whose head is a macro: `SYSCALL_DEFINE1(close, unsigned int, fd) { … }`.
((expression_statement (call_expression function: (identifier)) @declarator) @declaration.function
  . (compound_statement) @body @end)

; Prototypes and variables.
(translation_unit (declaration type: (_) declarator: (_) @declarator) @declaration.variable)
(declaration_list (declaration type: (_) declarator: (_) @declarator) @declaration.variable)
(linkage_specification (declaration type: (_) declarator: (_) @declarator) @declaration.variable)
(preproc_if (declaration type: (_) declarator: (_) @declarator) @declaration.variable)
(preproc_ifdef (declaration type: (_) declarator: (_) @declarator) @declaration.variable)
(preproc_elif (declaration type: (_) declarator: (_) @declarator) @declaration.variable)
(preproc_else (declaration type: (_) declarator: (_) @declarator) @declaration.variable)
(ERROR (declaration type: (_) declarator: (_) @declarator) @declaration.variable)

[
  (struct_specifier name: (_) @name body: (_))
  (union_specifier name: (_) @name body: (_))
] @definition.struct
(enum_specifier name: (_) @name body: (_)) @definition.enum
(enumerator name: (identifier) @name) @definition.enum_member
(field_declaration declarator: (_) @declarator) @definition.field

; `typedef struct { … } Name;` is the struct; with a tag the struct has its own name already.
(type_definition type: (struct_specifier !name body: (_)) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (union_specifier !name body: (_)) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (enum_specifier !name body: (_)) declarator: (type_identifier) @name) @definition.enum
(type_definition type: (struct_specifier name: (_) body: (_)) declarator: (type_identifier) @name @definition.class)
(type_definition type: (union_specifier name: (_) body: (_)) declarator: (type_identifier) @name @definition.class)
(type_definition type: (enum_specifier name: (_) body: (_)) declarator: (type_identifier) @name @definition.class)
(type_definition declarator: (_) @declarator) @definition.class

(preproc_def name: (identifier) @name) @definition.constant
(preproc_function_def name: (identifier) @name) @definition.function

(comment) @lead
