"""Prefilter: literals of which one must occur wherever a regular expression matches.

RE2 finds a plain text at many gigabytes per second, and an expression that does not start with one at
half a gigabyte. So files are first searched for the text, and only where it occurs for the expression.
"""

from __future__ import annotations

import re

_MIN_CHARS = 2
_TOKEN = re.compile(
    r"""
      \\(?P<escaped>[^\w\s])                  # \. is a dot
    | \\(?:[pP](?:\{[^}]*\}|.)|x\{[^}]*\}|x..|\d+|.)   # \w, \p{Greek}, \101 match something else
    | \[\^?\]?(?:\[:\w{1,9}:\]|\\.|[^\]\\])*+(?:\]|\Z)    # a class; without an end it takes the rest
    | (?P<open>\() | (?P<close>\)) | (?P<either>\|)
    | (?P<optional>[?*]|\{\d*,?\d*\})
    | [+^$.]
    | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_UNSURE = re.compile(r"\\Q|\(\?[a-zA-Z]*[ixsUu]|\(\?#")


def required_literals(expression: str) -> list[str]:
    """Returns texts of which at least one is part of every match; empty when there is no telling.

    Args:
        expression: the syntax that `re` and RE2 share. Inline flags make it give up.
    """
    if _UNSURE.search(expression):
        return []
    texts: list[str] = []
    branch: list[str] = [""]
    depth = 0
    for token in _TOKEN.finditer(expression):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        if kind == "either" and depth == 0:
            texts.append(max(branch, key=len))
            branch = [""]
        elif kind in {"plain", "escaped"} and depth == 0:
            branch[-1] += token[kind]
        elif kind == "optional" and depth == 0:
            branch[-1] = branch[-1][:-1]
            branch.append("")
        elif branch[-1]:
            branch.append("")
    texts.append(max(branch, key=len))
    return texts if depth == 0 and all(len(text) >= _MIN_CHARS for text in texts) else []
