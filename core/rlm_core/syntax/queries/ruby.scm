(class name: (_) @name) @definition.class
(module name: (_) @name) @definition.module
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name) @definition.method
(assignment left: [(constant) (scope_resolution)] @name) @definition.constant
(operator_assignment left: (constant) @name) @definition.constant
(left_assignment_list (constant) @name @definition.constant)
(destructured_left_assignment (constant) @name @definition.constant)
(alias name: (_) @name) @definition.method
((call method: (identifier) @_method arguments: (argument_list . (simple_symbol) @name)) @definition.method
  (#any-of? @_method "alias_method" "define_method" "define_singleton_method" "scope"))
((call method: (identifier) @_method arguments: (argument_list . (string . (string_content) @name))) @definition.method
  (#any-of? @_method "alias_method" "define_method" "define_singleton_method"))
(call
  method: (identifier) @_method
  arguments: (argument_list (simple_symbol) @name)
  (#any-of? @_method "attr_reader" "attr_writer" "attr_accessor" "mattr_accessor" "cattr_accessor" "class_attribute")) @definition.property

; The text of a heredoc stands behind the statement that has its beginning.
(heredoc_body) @tail
(comment) @lead
