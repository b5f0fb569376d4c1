"""Commands of `rlm-mcp`, one module for each: `add_arguments(parser)` and `run(args) -> exit code`."""
