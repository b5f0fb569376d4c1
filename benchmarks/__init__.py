"""Races, run on demand: `uv run python -m benchmarks.<name> REPOSITORY`."""
