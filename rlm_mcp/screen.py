"""Text of a model or a repository on a terminal, which must not take it for commands."""

from __future__ import annotations

import re
from typing import TextIO

# C0 and C1 controls but tab and line feed, and what turns the direction of writing.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(text: str, stream: TextIO) -> str:
    r"""The text as it goes to a stream; on a terminal, controls appear as `\xNN`."""
    if not stream.isatty():
        return text
    text = text.replace("\r\n", "\n")
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
