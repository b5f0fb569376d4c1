"""Preprocessing: what grammars trip over, rewritten before a text is parsed.

`normalized` is for every language, a function of its name for one. None of the latter moves anything: lengths
stay the same.
"""

from __future__ import annotations

import codecs
import re

from rlm_core.errors import ParseLimitError
from rlm_core.workspace.line_endings import unix_lines

_WORD = rb"[\w\x80-\xff:-]"
_LONG = 3000
_LONG_WORD = re.compile(rb"(?<!%b)%b{%d,}" % (_WORD, _WORD, _LONG))
_CONTROLS = bytes(byte if byte >= 32 or byte in b"\t\n\f" else 32 for byte in range(256))

_MAKE_ASSIGNMENT = re.compile(
    rb"^( *(?:(?:export|override|private) +){0,2})((?:[\w.%/-]|\$[({][^(){}\n:=]*[)}])+)([ \t]*)"
    rb"([+?!]?=|:{1,3}=)",
    re.MULTILINE,
)
_MAKE_NAME = bytes(ord("_") if byte in b"$(){} ," else byte for byte in range(256))

# Where a level may begin: the first character of a line, and each indicator.
_YAML_MARKS = re.compile(rb"^ *|[?:-](?=\s|$)")
_YAML_LEVELS = 200


def normalized(source: bytes) -> bytes:
    r"""Returns the text in the form that is parsed: `\n` line ends, blanks for control characters, UTF-8.

    Some scanners take exponential time or memory over NULs, others over what is not UTF-8, or over very long
    words in other scripts, and a query's predicates read a word again for each match that it is in. So words
    that are no names (3000 bytes) get blanks too.
    """
    source = unix_lines(source).translate(_CONTROLS)
    try:
        source.decode()
    except UnicodeDecodeError:
        source = source.decode(errors=_BLANKS).encode()
    # Splitting takes a tenth of the time that the search takes.
    if max(map(len, source.split()), default=0) < _LONG:
        return source
    return _LONG_WORD.sub(lambda found: b" " * len(found[0]), source)


def make(source: bytes) -> bytes:
    """Make with plain names and `=`: the grammar takes `obj-$(X) += x.o` for a rule."""
    return _MAKE_ASSIGNMENT.sub(_plain_assignment, source)


def yaml(source: bytes) -> bytes:
    """YAML as it is.

    Raises:
        ParseLimitError: it may be nested more than 200 levels deep; the grammar crashes at 256.
    """
    columns: list[int] = []
    for line in source.split(b"\n"):
        for mark in _YAML_MARKS.finditer(line):
            column = mark.end()
            while columns and columns[-1] >= column:
                columns.pop()
            columns.append(column)
            if len(columns) > _YAML_LEVELS:
                raise ParseLimitError("It is too deeply nested to be parsed as YAML.")
    return source


def _plain_assignment(found: re.Match[bytes]) -> bytes:
    return found[1] + found[2].translate(_MAKE_NAME) + found[3] + b"=".ljust(len(found[4]))


def _blanked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return " " * (error.end - error.start), error.end


codecs.register_error(_BLANKS := "rlm-blanks", _blanked)
