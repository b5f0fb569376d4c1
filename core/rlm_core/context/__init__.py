"""The `context` variable: what a model's program can ask of a snapshot.

Nothing is imported here, so that the server can match globs and count files without loading the parser,
which `context.context` brings along.
"""
