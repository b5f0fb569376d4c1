(apply function: (_) @callee)
((infix left_operand: (_) @callee operator: (operator) @_apply) (#eq? @_apply "$"))
