"""Blanks: what takes the place of text that is not to be parsed; line ends stay."""

from __future__ import annotations

_BLANK = bytes(byte if byte == ord("\n") else ord(" ") for byte in range(256))


def blanked(text: bytes) -> bytes:
    """Returns as many blanks as a text has bytes, with its line ends."""
    return text.translate(_BLANK)
