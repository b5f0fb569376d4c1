r"""Line endings: text ends a line with `\n`, `\r\n` or `\r`, and with nothing else.

`str.splitlines` also splits at form feeds and Unicode separators, which editors and compilers do not
count, so citations made with it would point to the wrong place.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def split_lines(text: str, *, keepends: bool = False) -> list[str]:
    """Returns the lines of a text; the last one may lack a line end, and an empty text has no lines."""
    lines = _LINE.findall(text)
    return lines if keepends else [line.rstrip("\r\n") for line in lines]


def unix_lines(data: bytes) -> bytes:
    r"""Returns UTF-8 bytes with every line end turned into `\n`: same lines, other byte offsets."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def line_ends(text: str) -> int:
    """Returns how many lines end in a text."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
