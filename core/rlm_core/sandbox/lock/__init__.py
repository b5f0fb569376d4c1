"""Locks: what the operating system takes from a worker process, applied in it."""
