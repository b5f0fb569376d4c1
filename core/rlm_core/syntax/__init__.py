"""Parsing with tree-sitter: languages, symbols and chunks. Pure functions of a text.

Nothing is imported here, so that the server can tell a file's language without loading the parser.
"""
