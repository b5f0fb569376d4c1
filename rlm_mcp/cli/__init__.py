"""The command line `rlm-mcp`."""
