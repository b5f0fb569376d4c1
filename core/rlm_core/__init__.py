"""The core of rlm-mcp: a workspace, a sandbox and a recursive language model over it."""

__version__ = "0.1.0"
