"""Position encodings: `character` counts code units of the one negotiated (LSP 3.17, "Position").

Not pygls' `PositionCodec`: it writes into the position that it is given, and for one beyond the end of a last
line without a line end it drops that line's last character.
"""

from __future__ import annotations

# Codec and bytes for one code unit.
_CODE_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def before(line: str, character: int, encoding: str) -> str:
    """The part of a line that comes before a position."""
    codec, width = _CODE_UNITS[encoding]
    return line.encode(codec, "surrogatepass")[: character * width].decode(codec, "ignore")


def code_units(text: str, encoding: str) -> int:
    """The length of a text as positions count it."""
    codec, width = _CODE_UNITS[encoding]
    return len(text.encode(codec, "surrogatepass")) // width
