(command name: (command_name) @call)
(command
  name: (command_name) @function
  .
  argument: (_) @module
  (#any-of? @function "source" ".")) @import
