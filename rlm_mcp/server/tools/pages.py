"""Pagination: long text in pages that a model's window can take."""

from __future__ import annotations

# Hosts refuse a result over 25,000 tokens. Code has three characters to a token or more; a language
# that has one still stays below that.
PAGE_CHARS = 24_000


def pages(text: str) -> list[str]:
    """The text cut at line ends, or within a line that is longer than a page; at least one page."""
    found: list[str] = []
    start = 0
    while len(text) - start > PAGE_CHARS:
        end = text.rfind("\n", start, start + PAGE_CHARS) + 1 or start + PAGE_CHARS
        found.append(text[start:end])
        start = end
    return [*found, text[start:]]


def page(text: str, number: int) -> tuple[str, int, int]:
    """A page of a text, its number (from 1, brought into range) and how many there are."""
    every = pages(text)
    number = min(max(number, 1), len(every))
    return every[number - 1], number, len(every)
