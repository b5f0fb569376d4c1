"""Putting this server into the configuration files of MCP clients, and taking it out again."""
