"""Wording: truncated texts, plurals and lists, as messages, reports and feedback to models have them.

What is left out is always said: by `…` within a line, else by how much it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def truncate(text: str, most: int) -> str:
    """Returns a text of at most `most` characters, the last of them `…` where it was longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def one_line(text: str, most: int) -> str:
    """Returns the beginning of a text on one line of at most `most` characters: white space folded."""
    start = text[: 4 * most]  # to fold all of a long text would take a while
    line = " ".join(start.split())
    return truncate(line if len(start) == len(text) else f"{line}…", most)


def escaped(text: str) -> str:
    r"""Returns a text on one line: each character that does not print as itself is an escape, as `\n`.

    Bytes of a name that are not UTF-8 are `\xff`, as in `printable_path`, and not the halves of surrogate
    pairs that Python has for them.
    """
    return text if text.isprintable() else "".join(map(_escape, text))


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char if char.isprintable() else repr(char)[1:-1]


def escaped_name(name: str) -> str:
    """Returns a name for a sentence: a string literal where it is no name and could read as words of ours."""
    return name if name.isidentifier() else repr(name)


def fenced(text: str) -> str:
    """Returns a text as a block of code in Markdown, whose fence does not occur in it."""
    fence = "~" * (max(map(len, re.findall("~{3,}", text)), default=3) + 1)
    return f"{fence}\n{text}\n{fence}"


def elide(text: str, head: int, tail: int = 0, *, why: str = "left out") -> str:
    """Returns the first `head` and the last `tail` characters of a text that is longer than both together.

    A line where the others stood says how many they are, and why they are missing.
    """
    more = len(text) - head - tail
    if more <= 0:
        return text
    mark = f"[{pluralize(more, 'character')} {why}]"
    return "\n".join([text[:head], mark, *([text[-tail:]] if tail else [])])


def pluralize(count: int, singular: str, plural: str = "") -> str:
    """Returns a number, its thousands separated, with its noun: `1 file`, `1,200 files`.

    Args:
        count: how many.
        singular: what they are; a verb may follow the noun (`file is`).
        plural: the same for any number but one; by default an `s` is added.
    """
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"


def comma_list(items: Sequence[str], most: int) -> str:
    """Returns items for a sentence: `a, b and 3 more`."""
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def bullet_list(items: Sequence[str], most: int | None = None) -> str:
    """Returns items as lines of Markdown; the last says how many more than `most` there are."""
    shown = items if most is None else items[:most]
    rest = [f"and {len(items) - len(shown):,} more"] if len(shown) < len(items) else []
    return "\n".join(f"- {item}" for item in (*shown, *rest))
