"""Documented functions: what a function says of itself, and its text without that, as items to judge."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.evals.suites.facts import FUNCTIONS, Definition, Facts

DOC_CHARS = (40, 700)
CODE_CHARS = (120, 1_800)
# Where a documentation's text ends and its lists begin: parameters, sections, examples.
_SECTION = re.compile(
    r"\s*(:\w+[^:]*:|@\w+|#+ \w+|>>>|```|\.\. \w+::|-{3,}|={3,}"
    r"|(Args?|Arguments|Parameters|Returns?|Raises|Yields|Examples?|Usage|Notes?|Panics|Errors|Safety):)"
)
_LINES = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
IDENTIFIER = re.compile(r"[A-Za-z_]\w{3,}")
_PLAIN = frozenset(
    """
    a all also an and any are as at be been being but by can do does each for from has have if in into is it
    its may more must no not of on one only or other should so such than that the their them then there these
    they this to up used uses using was we were when where whether which while will with would you
    f self cls return returns def func fn pub async await const let var if else elif for while true false none
    null nil str string int bool err error new get set test tests
    """.split()  # noqa: SIM905 - one word a line would be a screen
)


@dataclass(frozen=True, slots=True)
class Documented:
    """A function with its documentation apart, both without its name: `f` stands for it.

    Attributes:
        path: of its file.
        name: its own.
        doc: what it says of itself, up to its lists of parameters and the like.
        code: its text without documentation, from decorators to its end.
        doc_words: words of the first, in lower case, identifiers taken apart.
        code_words: those of the second.
        name_words: those of the name.
        identifiers: of the code.
    """

    path: str
    name: str
    doc: str
    code: str
    doc_words: frozenset[str] = field(init=False)
    code_words: frozenset[str] = field(init=False)
    name_words: frozenset[str] = field(init=False)
    identifiers: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "doc_words", words(self.doc))
        object.__setattr__(self, "code_words", words(self.code))
        object.__setattr__(self, "name_words", words(self.name))
        object.__setattr__(self, "identifiers", frozenset(IDENTIFIER.findall(self.code)))


def documented(facts: Facts, texts: Mapping[str, str]) -> Iterator[Documented]:
    """Functions whose documentation and code are neither too short to be judged nor long.

    Args:
        facts: of the repository.
        texts: of its files, by path.
    """
    for file in facts.files:
        lines: list[str] = []
        for each in file.definitions:
            if each.kind in FUNCTIONS and each.doc:
                lines = lines or _LINES.split(texts[file.path])
                doc, code = _nameless(each.name, _lead(each.doc), _code(each, lines))
                # A fence of backticks in one would end the item's.
                fits = _within(doc, DOC_CHARS) and _within(code, CODE_CHARS) and "```" not in code + doc
                if fits:
                    yield Documented(file.path, each.name, doc, code)


def words(text: str) -> frozenset[str]:
    """Words of a text that mean something, without their endings; identifiers are taken apart."""
    found = {word.lower() for word in _WORD.findall(text)}
    return frozenset(_stem(word) for word in found if len(word) > 1 and word not in _PLAIN)


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def _within(text: str, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= len(text) <= bounds[1]


def _lead(doc: str) -> str:
    kept: list[str] = []
    for line in doc.splitlines():
        if _SECTION.match(line):
            break
        kept.append(line.rstrip())
    return "\n".join(kept).strip()


def _code(function: Definition, lines: list[str]) -> str:
    kept = [
        line
        for number, line in enumerate(lines[function.first - 1 : function.last], function.first)
        if not function.doc_first <= number <= function.doc_last
    ]
    return textwrap.dedent("\n".join(kept)).strip("\n")


def _nameless(name: str, doc: str, code: str) -> tuple[str, str]:
    whole = rf"(?<![\w$]){re.escape(name)}(?![\w$])"
    code = re.sub(whole, "f", code)
    if re.search(r"_|[a-z][A-Z]", name):
        return re.sub(whole, "f", doc), code
    # A name that is a word, too, is the function's where it begins the text (as in Go) or is written as code.
    return re.sub(rf"^{whole}|(?<=`){whole}|{whole}(?=\()", "f", doc), code
