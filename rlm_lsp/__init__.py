"""The LSP face (`rlm-lsp`)."""
