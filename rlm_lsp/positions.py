"""Positions as LSP counts them: lines from 0, and characters in units of the negotiated encoding."""

from __future__ import annotations

# Codec and bytes for one unit of `character`.
UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def head(line: str, character: int, encoding: str) -> str:
    """What comes before a character on its line."""
    codec, width = UNITS[encoding]
    return line.encode(codec, "surrogatepass")[: character * width].decode(codec, "ignore")


def units(text: str, encoding: str) -> int:
    """How many characters a text takes."""
    codec, width = UNITS[encoding]
    return len(text.encode(codec, "surrogatepass")) // width


def encoding_of(negotiated: object) -> str:
    """The name of an encoding, whether it comes as an enumeration's member or as a string."""
    return str(getattr(negotiated, "value", negotiated))
