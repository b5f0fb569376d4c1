"""Exit codes that scripts can rely on; `rlm-mcp --help` lists them."""

DONE, FAILED, MISUSED, INCOMPLETE, INTERRUPTED, UNREAD = 0, 1, 2, 3, 130, 141
