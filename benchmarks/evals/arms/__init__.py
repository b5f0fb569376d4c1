"""Arms: ways to come from a question to an answer, side by side in one run."""
