"""What grammars trip over, rewritten before parsing. Nothing changes its place: lengths stay the same."""

from __future__ import annotations

import re

from rlm_core.syntax.parsing import TangledError

# Attribute macros, as in `static __printf(1, 2) int __init log(…)`, are no C without their header.
_ATTRIBUTES = re.compile(
    rb"(?<=[\s*])__\w+\s*\([^()\n]*\)(?=[ \t]+[A-Za-z_*])"
    rb"|(?<=[\w*][ \t])__\w*(?:init|exit)\w*(?=[ \t]+\**\w+[ \t]*\()"
)
_APPLE = re.compile(rb"\b(?:NS|CF)_ASSUME_NONNULL_(?:BEGIN|END)\b")
_APPLE_ENUM = re.compile(
    rb"(?:\btypedef[ \t]+)?\b(?:NS|CF)_(?:ENUM|OPTIONS|CLOSED_ENUM)[ \t]*"
    rb"\([ \t]*\w+[ \t]*,[ \t]*(\w+)[ \t]*\)"
)

# Where a level may begin: the first character of a line, and each indicator.
_YAML_MARKS = re.compile(rb"^ *|[?:-](?=\s|$)")
_YAML_LEVELS = 200


def c(source: bytes) -> bytes:
    """C and C++ without attribute macros."""
    return _ATTRIBUTES.sub(_blank, source)


def objective_c(source: bytes) -> bytes:
    """Objective-C without Apple's macros: `NS_ENUM(NSInteger, State)` is `enum State`."""
    source = _APPLE_ENUM.sub(_enum, source)
    return _APPLE.sub(_blank, c(source))


def yaml(source: bytes) -> bytes:
    """YAML as it is.

    Raises:
        TangledError: it may be nested more than 200 levels deep; the grammar crashes at 256.
    """
    columns: list[int] = []
    for line in source.split(b"\n"):
        for mark in _YAML_MARKS.finditer(line):
            column = mark.end()
            while columns and columns[-1] >= column:
                columns.pop()
            columns.append(column)
            if len(columns) > _YAML_LEVELS:
                raise TangledError("It is too deeply nested to be parsed as YAML.")
    return source


def _enum(found: re.Match[bytes]) -> bytes:
    before, after = found.start(1) - found.start(), found.end() - found.end(1)
    return b"enum".ljust(before) + found[1] + b" " * after


def _blank(found: re.Match[bytes]) -> bytes:
    return b" " * len(found[0])
