"""Components in one file (Vue, Svelte, Astro): the scripts in them, everything else blanked."""

from __future__ import annotations

import re

from rlm_core.syntax.newer_syntax import typescript

_START = re.compile(rb"<!--|<script(?=[\s>])", re.IGNORECASE)
# Takes all it can and gives nothing back, so that a tag without an end is read once.
_TAG = re.compile(rb"""(?:[^>"']|"[^"]*"|'[^']*')*+>""")
_END = re.compile(rb"</script", re.IGNORECASE)
_DATA = re.compile(rb"""\btype\s*=\s*["']?[\w/+-]*(?:json|template|html)""", re.IGNORECASE)
# What Astro runs on the server stands between two lines.
_FRONTMATTER = re.compile(rb"\s*---[ \t]*\n(.*?)^---", re.DOTALL | re.MULTILINE)
_TEXT = re.compile(rb"[^\n]")


def component_scripts(source: bytes) -> bytes:
    """Returns the text with blanks in place of all that is no script; nothing moves."""
    parts: list[bytes] = []
    kept = 0
    for start, end in _scripts(source):
        parts += [_TEXT.sub(b" ", source[kept:start]), source[start:end]]
        kept = end
    return typescript(b"".join([*parts, _TEXT.sub(b" ", source[kept:])]))


def _scripts(source: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    if frontmatter := _FRONTMATTER.match(source):
        found.append(frontmatter.span(1))
        at = frontmatter.end()
    while (start := _START.search(source, at)) is not None:
        if start[0] == b"<!--":
            at = source.find(b"-->", start.end())
            if at < 0:
                break
            continue
        tag = _TAG.match(source, start.end())
        if tag is None:
            break
        end = _END.search(source, tag.end())
        at = end.start() if end is not None else len(source)
        if _DATA.search(tag[0]) is None:
            found.append((tag.end(), at))
    return found
