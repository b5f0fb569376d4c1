"""Language server: answers questions in editors over LSP (`rlm-lsp`)."""
