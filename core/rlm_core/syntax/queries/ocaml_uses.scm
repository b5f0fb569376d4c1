(application_expression function: (_) @callee)
