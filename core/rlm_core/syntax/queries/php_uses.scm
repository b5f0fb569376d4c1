(function_call_expression function: (_) @callee)
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(scoped_call_expression name: (name) @call)
(object_creation_expression [(name) @call (qualified_name (name) @call .)])

(namespace_use_clause . [(name) (qualified_name)] @module) @import
(namespace_use_declaration
  (namespace_name) @prefix
  body: (namespace_use_group (namespace_use_clause . [(name) (qualified_name)] @module))) @import
[
  (include_expression (_) @module)
  (include_once_expression (_) @module)
  (require_expression (_) @module)
  (require_once_expression (_) @module)
] @import
