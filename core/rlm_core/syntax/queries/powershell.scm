(class_statement . (simple_name) @name) @definition.class
(enum_statement (simple_name) @name) @definition.enum
(enum_member (simple_name) @name) @definition.enum_member
(class_method_definition (simple_name) @name (script_block) @body) @definition.function
(class_property_definition (variable) @name) @definition.property
(function_statement (function_name) @name (script_block) @body) @definition.function

((program (statement_list (pipeline (assignment_expression (left_assignment_expression) @name)) @definition.variable))
  (#match? @name "^\\$[\\w:]+$"))

(comment) @lead
