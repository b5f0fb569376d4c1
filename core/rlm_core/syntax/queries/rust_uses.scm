(call_expression function: (_) @callee)
(macro_invocation macro: [(identifier) @call (scoped_identifier name: (identifier) @call)])
; What is handed to a macro is not parsed, but a name before a parenthesis looks like a call.
(token_tree (identifier) @call . (token_tree . "("))

(mod_item name: (identifier) @submodule !body) @import
(mod_item name: (identifier) @name body: (_)) @around
(use_declaration argument: (_) @module) @import
(extern_crate_declaration name: (identifier) @module) @import
