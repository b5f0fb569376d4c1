"""One module for each command of `rlm-mcp`: `add_arguments(parser)` and `run(args) -> exit code`."""
