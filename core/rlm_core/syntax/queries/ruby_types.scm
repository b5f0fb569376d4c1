(class name: (_) @name) @type.class
(module name: (_) @name) @type.class
(class superclass: (superclass (_) @base.extends)) @heir
[
  (class body: (body_statement (call method: (identifier) @_mixin arguments: (argument_list [(constant) (scope_resolution)] @base.includes))))
  (module body: (body_statement (call method: (identifier) @_mixin arguments: (argument_list [(constant) (scope_resolution)] @base.includes))))
] @heir
(assignment left: (constant) @local right: [(constant) (scope_resolution)] @source) @binding
