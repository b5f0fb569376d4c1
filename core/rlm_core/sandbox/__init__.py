"""Where a model's program runs."""
