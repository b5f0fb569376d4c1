"""POSIX classes of globs (`[[:digit:]]`), which gitignore(5) has and pathspec has not, written out."""

from __future__ import annotations

import re

# None begins with a sign that means something at the start of a set, and `]` is only in a range. None has a
# `/`, which no set matches: it would end the set.
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "cntrl": "\x01-\x1f\x7f",
    "digit": "0-9",
    "graph": '"-~!',
    "lower": "a-z",
    "print": " -~",
    "punct": ":-@[-`{-~!-.",
    "space": " \t\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_CLASS = re.compile(rf"\[:({'|'.join(_CLASSES)}):\]")
# One without an end takes the rest, so that no part is looked at twice.
_SET = re.compile(r"\\.|\[[!^]?\]?(?:\[:\w{1,9}:\]|\\.|[^\]\\])*+(?:\]|\Z)", re.DOTALL)
# No path that a longer pattern could name can be opened.
_MAX_CHARS = 4096


def without_posix_classes(glob: str) -> str:
    """Returns a glob with ranges in place of the classes in its sets."""
    if "[:" not in glob or len(glob) > _MAX_CHARS:
        return glob
    return _SET.sub(_with_ranges, glob)


def _with_ranges(found: re.Match[str]) -> str:
    part = found[0]
    return _CLASS.sub(lambda name: _CLASSES[name[1]], part) if part.endswith("]") else part
