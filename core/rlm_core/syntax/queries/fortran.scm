(module (module_statement (name) @name)) @definition.module
(submodule (submodule_statement (name) @name)) @definition.module
(program (program_statement (name) @name)) @definition.module
(subroutine (subroutine_statement name: (name) @name)) @definition.function
(function (function_statement name: (name) @name)) @definition.function
(module_procedure (module_procedure_statement name: (name) @name)) @definition.function

(derived_type_definition (derived_type_statement (type_name) @name)) @definition.struct
(derived_type_procedures
  (procedure_statement declarator: [(binding (binding_name) @name) (method_name) @name]) @definition.method)
(derived_type_definition
  (variable_declaration
    declarator: [
      (identifier) @name
      (init_declarator left: (identifier) @name)
      (sized_declarator . (identifier) @name)
      (init_declarator left: (sized_declarator . (identifier) @name))
    ]) @definition.field)

(interface (interface_statement (name) @name)) @definition.interface
(interface (interface_statement (operator (operator_name) @name))) @definition.interface
(enumerator_statement
  declarator: [(identifier) @name (init_declarator left: (identifier) @name)]) @definition.enum_member

(module
  (variable_declaration
    attribute: (type_qualifier "parameter")
    declarator: (init_declarator left: [(identifier) @name (sized_declarator . (identifier) @name)]))
    @definition.constant)
(module
  (variable_declaration
    declarator: [
      (identifier) @name
      (init_declarator left: (identifier) @name)
      (sized_declarator . (identifier) @name)
      (init_declarator left: (sized_declarator . (identifier) @name))
    ]) @definition.variable)

(comment) @lead
