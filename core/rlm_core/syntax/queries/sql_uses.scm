(invocation (object_reference name: (identifier) @call))
