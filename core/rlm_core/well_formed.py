r"""Well-formed Unicode: text without lone surrogates, which UTF-8 and so every protocol here cannot carry.

Python comes by such text easily: from JSON (`"\ud83d"`), a literal, a file name that is not UTF-8. It is
replaced where it comes in, so that nothing further on has to expect it.
"""

from __future__ import annotations

import re

# Bound now: in a worker a program may replace what is in `re`.
_replaced = re.compile("[\ud800-\udfff]").sub


def well_formed(text: str) -> str:
    r"""Returns a text with U+FFFD in the place of each lone surrogate.

    One character for one, as `toWellFormed` of ECMAScript and `USVString` of Web IDL have it: an escape such
    as `\ud83d` would say which one it was, but make texts longer than limits that they were measured by,
    and could not be told from a text that says so.
    """
    return text if str.isascii(text) else _replaced("\ufffd", text)
