"""Commands of `python -m benchmarks.evals`."""
