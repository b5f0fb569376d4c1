r"""Type headers: what stands before the body of a type, found without a parser.

Most files have no type that descends from a given one, and this tells which may: by RE2 expressions that find
more than there is, never less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Iterator

# What comes behind so many bytes of a header is code that was taken for one.
_HEADER_BYTES = 4000
_MOST_WORDS = 20
_FAMILIES = {
    **dict.fromkeys(("TypeScript", "TSX", "Vue", "Svelte", "Astro"), "JavaScript"),
    "C": "C++",  # a header may be either
}


@dataclass(frozen=True)
class _Headers:
    """How the headers of a language look.

    Attributes:
        keyword: what one begins with.
        rest: how it goes on to its end.
        before_colon: all words up to a colon may be the name (macros, attributes), and not only the first.
        in_keyword: the name is a part of what one begins with.
        assigned: so is another name, to which it is assigned.
        without_bases: words that begin headers in which no base is named, but bounds are.
        mixed_in: what names bases of the type around it or behind it.
        aliases: what gives another name to something, once the old one first and once the new one.
        paired: where pairs with `as` do so, and pairs with a colon either way.
    """

    keyword: str
    rest: str
    before_colon: bool = False
    in_keyword: bool = False
    assigned: bool = False
    without_bases: frozenset[bytes] = frozenset()
    mixed_in: str = ""
    old_first: tuple[str, ...] = ()
    new_first: tuple[str, ...] = ()
    paired: tuple[str, ...] = ()


_WORD = r"[a-zA-Z_$\x80-\xff][\w$\x80-\xff]*"
_WORDS = re.compile(_WORD.encode("latin-1"))
_TYPES = r"\b(?:class|interface|enum|record|struct|trait)\b"
_BRACED = r"[^{;]*"
_AS = r"\b(\w+)\s+as\s+(\w+)"
_ASSIGNED = r"^[ \t]*(\w+)[ \t]*(?::[^=\n]*)?=[ \t]*(?:[\w.:]*[.:])?([A-Za-z_]\w*)[ \t]*(?:#[^\n]*)?$"
_USING = r"\busing\s+(\w+)\s*=([^;{}()]*)"
_PAIR = rf"({_WORD})\s*(?::|\sas\s)\s*({_WORD})"
_TYPE = r"\btype\s+(\w+)\s*(?:<[^=;{}()]*)?=([^;{}()]*)"
_USE = r"\buse\s[^;(]*"

_HEADERS = {
    "Python": _Headers(
        r"^[ \t]*class[ \t]+",
        r"\w+[\s\\]*(?:[(\[][^:]*|:)",
        old_first=(rf"{_AS}[ \t]*(?:[,)#;\\]|$)",),
        new_first=(_ASSIGNED,),
    ),
    "JavaScript": _Headers(
        rf"(?:{_WORD}[ \t]*[=:][ \t]*)?\b(?:class|interface)\b",
        _BRACED,
        assigned=True,
        old_first=(r"[{,]\s*(?:type\s+)?([\w$]+)\s+as\s+([\w$]+)\s*[,}]",),
        new_first=(
            r"\b(?:const|let|var|import)\s+([\w$]+)[ \t]*=[ \t]*([a-zA-Z_$][\w.$]*)[ \t]*;?[ \t]*$",
            _TYPE,
        ),
        paired=(r"\bexports\s*=\s*\{[^{}]*", r"\{[^{}]*\}\s*=\s*require\b"),
    ),
    "Go": _Headers(
        r"\btype[ \t]+\w+\b|\b\w+(?:\[[^\]\n]*\])?[ \t]+(?:struct|interface)\b",
        "",
        in_keyword=True,
        mixed_in=r"^[ \t]+\*?(?:\w+\.)?\w+(?:\[[^\n]*\])?[ \t]*(?:`[^`\n]*`)?[ \t]*(?://[^\n]*)?$"
        r"|\b(?:struct|interface)[ \t]*\{[ \t]*[^\s}][^\n]*",  # all of it in one line
        new_first=(r"\btype[ \t]+(\w+)[ \t]*=([^\n]*)",),
    ),
    "Java": _Headers(_TYPES, _BRACED),
    "C#": _Headers(
        r"\b(?:record\s+class|record\s+struct|class|struct|record|interface)\b",
        _BRACED,
        new_first=(_USING,),
    ),
    "C++": _Headers(
        r"\b(?:class|struct)\b",
        _BRACED,
        before_colon=True,
        old_first=(r"\btypedef\b([^;{}()]*[\s>*&])(\w+)\s*;",),
        new_first=(_USING,),
    ),
    "Rust": _Headers(
        r"(?:^|[{};])[ \t]*(?:pub(?:\([^)\n]*\))?[ \t]+)?(?:unsafe[ \t]+)?(?:trait|impl|struct|enum|union)\b",
        _BRACED,
        without_bases=frozenset({b"struct", b"enum", b"union"}),
        mixed_in=r"\bderive\b[^\]]*",
        paired=(_USE,),
        new_first=(_TYPE,),
    ),
    "PHP": _Headers(_TYPES, _BRACED, mixed_in=r"^[ \t]*use\b[^;{(]*", paired=(_USE,)),
    "Ruby": _Headers(
        r"^[ \t]*(?:class|module)\b",
        r"[^\n;]*",
        mixed_in=r"^[ \t]*(?:include|extend|prepend)\b[^\n;]*",
        new_first=(_ASSIGNED,),
    ),
}
# What a module has by default takes any name where it is imported.
_DEFAULT = (
    r"\bimport\s+([\w$]+)\s*(?:,\s*(?:\{[^{}]*\}|\*\s*as\s+\w+)\s*)?from\s*['\"]([^'\"\n]*)",
    r"\b([\w$]+)\s*=\s*require\s*\(\s*['\"]([^'\"\n]*)",
    r"\bdefault\s+as\s+([\w$]+)[^;'\"]*from\s*['\"]([^'\"\n]*)",
)


def family(language: str) -> str:
    """Returns the language whose types this one can have for bases; empty where headers are not known."""
    name = _FAMILIES.get(language, language)
    return name if name in _HEADERS else ""


def headers(text: bytes, family: str) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Yields what each header may define, and what it names: words.

    Where the former is empty, any type of the file may be meant.
    """
    how = _HEADERS[family]
    keyword = _compiled(how.keyword)
    for found in _compiled(f"(?:{how.keyword}){how.rest}").finditer(text):
        header = found[0][:_HEADER_BYTES]
        starts = [match.span() for match in keyword.finditer(header)]
        # What looked like a header, in a comment perhaps, may reach into the real one.
        for number, (start, end) in enumerate(starts):
            piece = header[end : starts[number + 1][0] if number + 1 < len(starts) else None]
            before = _WORDS.findall(header[start:end])
            yield _read(piece, before, how)
    if how.mixed_in:
        for found in _compiled(how.mixed_in).finditer(text):
            yield [], _WORDS.findall(found[0][:_HEADER_BYTES])


def _read(piece: bytes, before: list[bytes], how: _Headers) -> tuple[list[bytes], list[bytes]]:
    """What one header may define, and what it names, by what stands before its keyword and behind."""
    if how.in_keyword:
        return before, []
    if before[-1:] == [b"impl"]:
        base, of, _ = piece.partition(b" for ")
        return [b""], _WORDS.findall(base) if of else []  # no type is below one of Rust
    if how.before_colon:
        name, _, rest = piece.replace(b"::", b"..").partition(b":")
        return _WORDS.findall(name), _WORDS.findall(rest)
    named = _WORDS.findall(piece)
    assigned = before[:-1] if how.assigned else []
    return [*assigned, *named[:1]], [] if how.without_bases.intersection(before) else named[1:]


def aliases(text: bytes, family: str) -> Iterator[tuple[bytes, bytes]]:
    """Yields words and what else may be called so in this file: what is meant, and the other name."""
    how = _HEADERS[family]
    for expressions, old in ((how.old_first, 1), (how.new_first, 2)):
        for expression in expressions:
            for found in _compiled(expression).finditer(text):
                for word in _WORDS.findall(found[old])[:_MOST_WORDS]:
                    yield word, found[3 - old]
    for expression in how.paired:
        for found in _compiled(expression).finditer(text):
            for pair in _compiled(_PAIR).finditer(found[0]):
                yield pair[1], pair[2]
                if b":" in pair[0]:
                    yield pair[2], pair[1]


def default_imports(text: bytes, family: str) -> Iterator[tuple[bytes, bytes]]:
    """Yields modules whose default has a name in this file: the last part of the module, and the name."""
    if family == "JavaScript":
        for expression in _DEFAULT:
            for found in _compiled(expression).finditer(text):
                yield found[2].rpartition(b"/")[2].partition(b".")[0], found[1]


@lru_cache(maxsize=64)
def _compiled(expression: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1  # so that no byte is without a match
    return re2.compile(f"(?m:{expression})".encode("latin-1"), options)
