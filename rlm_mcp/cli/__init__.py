"""Command line: `rlm-mcp` and its commands."""
