"""tree-sitter: languages, symbols, slices and chunks."""
