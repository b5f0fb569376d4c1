(function_definition name: (word) @title) @definition.function
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @definition.variable)

(program (variable_assignments (variable_assignment name: (variable_name) @name) @definition.variable))
(if_statement (variable_assignment name: (variable_name) @name) @declaration.variable)
(else_clause (variable_assignment name: (variable_name) @name) @declaration.variable)
(elif_clause (variable_assignment name: (variable_name) @name) @declaration.variable)

(comment) @lead
