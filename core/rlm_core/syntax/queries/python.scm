(class_definition name: (identifier) @name) @definition.class
(function_definition name: (identifier) @name) @definition.function
(type_alias_statement left: (type [(identifier) @name (generic_type . (identifier) @name)])) @definition.class

; A name that is bound anywhere outside of functions: also in `if`, `try` and `with`.
(expression_statement (assignment left: (identifier) @name) @declaration.variable)
(assignment right: (assignment left: (identifier) @name) @declaration.variable)
(expression_statement
  (assignment left: [(pattern_list) (tuple_pattern) (list_pattern)] @pattern) @declaration.variable)
(assignment right: (assignment left: [(pattern_list) (tuple_pattern) (list_pattern)] @pattern) @declaration.variable)

(decorated_definition) @wrapper
(comment) @lead
