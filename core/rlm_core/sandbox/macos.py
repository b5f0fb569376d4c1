"""To come."""


def apply(memory_bytes: int) -> str:
    """Locks this process."""
    return str(memory_bytes)
