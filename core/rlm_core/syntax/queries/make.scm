((rule (targets (_) @title)) @definition.function (#not-match? @title "^\\.[A-Z_]+$"))
; After a recipe, what has to do with no recipe: the grammar takes it for a part of the one before.
(recipe (conditional [(rule) (variable_assignment)]) @stop)
(variable_assignment name: (_) @title) @definition.variable
(define_directive name: (_) @title) @definition.variable

(comment) @lead
