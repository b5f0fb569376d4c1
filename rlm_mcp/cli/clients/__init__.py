"""MCP clients: putting this server into their configuration files, and taking it out again."""
