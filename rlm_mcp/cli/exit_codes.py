"""Exit codes that scripts can rely on; `rlm-mcp --help` lists them."""

DONE, FAILED, USAGE_ERROR, INCOMPLETE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141
NOTHING_FOUND = FAILED  # as of grep
