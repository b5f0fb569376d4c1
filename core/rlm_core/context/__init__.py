"""The `context` variable: what a model's program can ask of a snapshot."""
