"""Names of types as they are written: the parts of one, and what Rust's `use` lists."""

from __future__ import annotations

import re

# Deeper names are those of what is around: names of hostile text would grow without bounds.
MAX_DEPTH = 40
NAME_CHARS = 300
_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")
_SEPARATOR = re.compile(r"::|->|[.\\/]")
_PLAIN = re.compile(r"[^\W\d]\w*(?:(?:::|[.\\])[^\W\d]\w*)*\Z")
_OPEN, _CLOSE = "<[{", ">]}"
_USE_AS = re.compile(r"\s+as\s+(\w+)\Z")
_BEFORE = re.compile(r"\A(?:[*&\\]|(?:dyn|mut|const|typename|struct|class)\s|\s)+")

Parts = tuple[str, ...]


def name_parts(text: str) -> Parts:
    """Returns the names in `a::b<c>.d`, without arguments; none where it is no name."""
    if _PLAIN.match(text):
        return tuple(_SEPARATOR.split(text)) if not text.isidentifier() else (text,)
    plain: list[str] = []
    depth = 0
    for letter in text[:NAME_CHARS]:
        if letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth = max(0, depth - 1)
        elif not depth:
            plain.append(letter)
    parts = [part.strip() for part in _SEPARATOR.split(_BEFORE.sub("", "".join(plain)))]
    parts = [part for part in parts if part]
    return tuple(parts) if parts and all(map(_IDENTIFIER.match, parts)) else ()


def used_names(text: str) -> list[tuple[str, Parts]]:
    """What Rust's `a::{b as c, d::{e, self}, f::*}` binds: names, empty for all, and what they stand for."""
    found: list[tuple[str, Parts]] = []
    prefixes: list[Parts] = [()]
    item = ""
    for letter in f"{text},":
        if letter == "{":
            prefixes.append((*prefixes[-1], *name_parts(item)) if len(prefixes) < MAX_DEPTH else prefixes[-1])
            item = ""
        elif letter in ",}":
            if item.strip():
                found.append(_use(prefixes[-1], item.strip()))
            item = ""
            if letter == "}" and len(prefixes) > 1:
                prefixes.pop()
        else:
            item += letter
    return found


def _use(prefix: Parts, item: str) -> tuple[str, Parts]:
    alias = _USE_AS.search(item)
    plain = item[: alias.start()] if alias else item
    parts = (*prefix, *name_parts(plain.removesuffix("::*") if plain != "*" else ""))
    if plain.endswith("*"):
        return "", parts
    if parts[-1:] == ("self",) and prefix:
        parts = parts[:-1]
    return (alias[1] if alias else parts[-1] if parts else ""), parts
