(new_expression type: (_) @callee)
(compound_literal_expression type: (_) @callee)
