; What `let` binds, what the file or a function gives, and one level below that.
(let_expression
  (binding_set (binding attrpath: (_) @name expression: (function_expression)) @definition.function))
(let_expression (binding_set (binding attrpath: (_) @name) @definition.property))

(_
  body: [(attrset_expression (binding_set (binding attrpath: (_) @name expression: (function_expression)) @definition.function))
         (rec_attrset_expression (binding_set (binding attrpath: (_) @name expression: (function_expression)) @definition.function))])
(_
  body: [(attrset_expression (binding_set (binding attrpath: (_) @name) @definition.property))
         (rec_attrset_expression (binding_set (binding attrpath: (_) @name) @definition.property))])
(_
  body: [(attrset_expression (binding_set (binding expression: (attrset_expression (binding_set (binding attrpath: (_) @name) @definition.property)))))
         (rec_attrset_expression (binding_set (binding expression: (attrset_expression (binding_set (binding attrpath: (_) @name) @definition.property)))))])
(source_code
  expression: (attrset_expression (binding_set (binding attrpath: (_) @name expression: (function_expression)) @definition.function)))
(source_code
  expression: (attrset_expression (binding_set (binding attrpath: (_) @name) @definition.property)))
(source_code
  expression: (attrset_expression
    (binding_set (binding expression: (attrset_expression (binding_set (binding attrpath: (_) @name) @definition.property))))))

; Of a file that does not end.
(ERROR (binding_set (binding attrpath: (_) @name expression: (function_expression)) @definition.function))
(ERROR (binding_set (binding attrpath: (_) @name) @definition.property))
(ERROR (binding attrpath: (_) @name) @definition.property)

(comment) @lead
