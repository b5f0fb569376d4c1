"""The MCP face and the command line (`rlm-mcp`)."""
