(call method: [(identifier) (constant)] @call)
(call
  receiver: [(constant) @call (scope_resolution name: (constant) @call)]
  method: (identifier) @method
  (#eq? @method "new"))

(call
  !receiver
  method: (identifier) @function
  arguments: (argument_list . (string) @module)
  (#any-of? @function "require" "require_relative" "load")) @import
(call
  !receiver
  method: (identifier) @function
  arguments: (argument_list . (simple_symbol) . (string) @module)
  (#eq? @function "autoload")) @import
