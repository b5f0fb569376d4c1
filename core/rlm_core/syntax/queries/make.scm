((rule (targets (word) @title) (recipe (recipe_line) @end)) @definition.function
  (#not-match? @title "^\\.[A-Z_]+$"))
((rule (targets (_) @title)) @definition.function (#not-match? @title "^\\.[A-Z_]+$"))
(variable_assignment name: (_) @title) @definition.variable
(define_directive name: (_) @title) @definition.variable

(comment) @lead
