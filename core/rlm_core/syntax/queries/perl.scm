; A package reaches to the next one.
(package_statement name: (package) @name) @section.module
(subroutine_declaration_statement name: (bareword) @name) @definition.function
(method_declaration_statement name: (bareword) @name) @definition.method
(class_statement name: (package) @name) @section.class

((use_statement module: (package) @_module (list_expression . (autoquoted_bareword) @name)) @definition.constant
  (#eq? @_module "constant"))
(source_file
  (expression_statement
    (assignment_expression
      left: (variable_declaration variable: [(scalar (varname) @name) (array (varname) @name) (hash (varname) @name)]))
    @definition.variable))
(source_file
  (expression_statement
    (variable_declaration
      variable: [(scalar (varname) @name) (array (varname) @name) (hash (varname) @name)]) @definition.variable))

(comment) @lead
