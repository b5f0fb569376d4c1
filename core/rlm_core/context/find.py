"""Definition search (`context.find`): the word is searched first; only files that have it are parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import partial
from typing import TYPE_CHECKING

from rlm_core.context.results import Results
from rlm_core.context.search.patterns import linewise, literal, unicode_linewise
from rlm_core.context.search.unicode_classes import without_boundaries
from rlm_core.context.stemming import split_identifier
from rlm_core.context.suggest import close_matches
from rlm_core.errors import QueryError
from rlm_core.syntax.registry import HEADER, OTHER_HEADER, detect
from rlm_core.syntax.symbols import CALLABLES, walk
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.search.patterns import Pattern
    from rlm_core.syntax.language import Language
    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.snapshot import Snapshot

# About two seconds of parsing.
PARSED_BYTES = 12_000_000
_SEPARATOR = re.compile(r"::|[.#\\/]")
_PRIVATE = re.compile(r"(?:\A|\.)#\w+\Z")
# `run()`, or `run/2`: a function of Elixir with the number of its arguments.
_CALL = re.compile(r"(?:\(\)|(?<=[\w?!])/\d{1,3})\Z")
# Shorter words are in too many names by chance.
_MIN_FUZZY_CHARS = 4
# The slips of a longer word are an expression that takes seconds, and minutes, to compile.
_MAX_FUZZY_CHARS = 100
# No language has longer names that anybody writes.
_MAX_NAME_CHARS = 1_000
# Half a name that is shorter stands in too many files.
_MIN_HALF_CHARS = 4


def plain_name(name: str) -> str:
    """Returns a name without what only says that it is a function's."""
    return _CALL.sub("", name.strip())


def name_parts(name: str) -> list[str]:
    """Splits a qualified name, in whatever way it is written (`a.b`, `A::b`, `A#b`), into its names."""
    return [part for part in _SEPARATOR.split(plain_name(name)) if part]


def _checked_parts(name: str, limit: int) -> list[str]:
    if len(name) > _MAX_NAME_CHARS:
        raise QueryError(
            f"find takes a name of at most {_MAX_NAME_CHARS:,} characters, and was given {len(name):,}."
        )
    parts = name_parts(name)
    if not parts or limit < 1:
        raise QueryError("find needs a name and a limit of at least 1.")
    return parts


def named(name: str) -> Callable[[Symbol], bool]:
    """Returns what tells whether a name, qualified as far as it goes, means a symbol.

    Names may have separators in them (`#private`, Bash's `deploy::run`, a heading, a selector), so they are
    compared as a whole before they are taken apart.
    """
    wholes, parts = {name.strip(), plain_name(name)}, name_parts(name)
    behind = "." + ".".join(parts)

    def means(symbol: Symbol) -> bool:
        around = f".{symbol.qualified_name}"
        if any(whole.endswith(symbol.name) and around.endswith(f".{whole}") for whole in wholes):
            return True
        if not parts or symbol.name != parts[-1]:
            return False
        return len(parts) == 1 or around.endswith(behind)

    return means


def last_names(name: str) -> list[str]:
    """Returns what the last name may be, which may have separators in it: `A.#b`, `#b`."""
    name = plain_name(name)
    starts = {0, *(at for found in _SEPARATOR.finditer(name) for at in found.span())}
    if _PRIVATE.search(name):
        starts.remove(max(starts))
    return [name[start:] for start in sorted(starts) if name[start:]]


@dataclass(frozen=True, slots=True)
class _Report:
    """What a search says besides its result.

    Attributes:
        notes: sentences.
        unparsable: files that mention the name, by their language, which is not parsed.
        parsed: files that were given to the parser.
    """

    notes: list[str] = field(default_factory=list)
    unparsable: dict[Language, set[int]] = field(default_factory=dict)
    parsed: set[int] = field(default_factory=set)


class DefinitionFinder:
    """Finds definitions in one snapshot."""

    def __init__(self, snapshot: Snapshot, search_engine: SearchEngine, definitions: Definitions) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._definitions = definitions

    def find(self, name: str, kind: str | None, limit: int) -> Results[Symbol]:
        """Returns the definitions of a name: exact, else in other case, else of similar names.

        With `*` in it, the name stands for all that fit, in either case.

        Raises:
            QueryError: there is no name to look for or it is too long, or the limit is below 1.
        """
        parts = _checked_parts(name, limit)
        report = _Report()
        notes = report.notes
        if "*" in name:
            found = self._by_wildcard(parts, report)
        else:
            names = "|".join(map(re.escape, last_names(name)))
            found = self._search(literal(parts[-1]), names, named(name), report)
            # Where not every file could be parsed, a looser search would only take longer.
            if not found and not notes:
                found = self._by_likeness(parts, report)
        if kind is not None:
            kinds = sorted({symbol.kind for symbol in found})
            found = [symbol for symbol in found if symbol.kind == kind]
            if kinds and not found:
                notes.append(f"None is a {kind}; there are: {', '.join(kinds)}.")
        found.sort(key=partial(_order, parts[-1]))
        made = sum(item.reason.startswith("generated") for item in self._snapshot.skipped)
        if made and not found:
            files = pluralize(made, "generated file is", "generated files are")
            notes.append(f"{files} not part of the context (context.skipped).")
        for language, rows in report.unparsable.items():
            # What cannot be parsed anywhere matters only to whoever has nothing.
            if language.wheel or not found:
                files = pluralize(len(rows), "file that mentions it was", "files that mention it were")
                notes.append(f"{files} not looked at: {language.why_unparsed}.")
        if failure := self._definitions.failure_note(report.parsed):
            notes.append(failure)
        omitted = max(0, len(found) - limit)
        if omitted:
            notes.append(f"{omitted:,} more than limit={limit}.")
        return Results(found[:limit], " ".join(notes), omitted)

    def exact(self, names: Collection[str]) -> list[Symbol]:
        """Returns the definitions of several names, which are searched at once, as far as bounds allow."""
        alternatives = "|".join(sorted(map(re.escape, names)))
        word = linewise(rf"\b(?:{alternatives})\b")
        return self._search(
            word,
            alternatives,
            lambda symbol: symbol.name in names,
            _Report(),
            [literal(name) for name in names],
        )

    def _by_wildcard(self, parts: list[str], report: _Report) -> list[Symbol]:
        """Definitions whose names a pattern with `*` fits."""
        pieces = parts[-1].split("*")
        longest = max(pieces, key=len)
        if not longest:
            raise QueryError("find needs some letters of a name, not only *.")
        names = r"\w*".join(map(re.escape, pieces))
        whole = r"\w*".join(map(re.escape, ".".join(parts).split("*")))
        fits = re.compile(rf"(?:.*\.)?{whole}", re.IGNORECASE)
        return self._search(
            literal(longest, ignore_case=True),
            f"(?i:{names})",
            lambda symbol: fits.fullmatch(symbol.qualified_name) is not None,
            report,
        )

    def _by_likeness(self, parts: list[str], report: _Report) -> list[Symbol]:
        notes = report.notes
        word, lowered = parts[-1], parts[-1].lower()
        short = len(word) < _MIN_FUZZY_CHARS and word.isascii() and word.isalpha()

        def contains(symbol: Symbol) -> bool:
            return lowered in (split_identifier(symbol.name) if short else symbol.name.lower())

        containing = self._search(
            literal(word, ignore_case=True),
            _with_part(word) if short else rf"\w*(?i:{re.escape(word)})\w*",
            lambda symbol: symbol.name.lower() == lowered or contains(symbol),
            report,
        )
        whole = ".".join(parts)
        if same := [symbol for symbol in containing if symbol.name == word]:
            notes.append(f"No {whole}; these are called {word}.")
            return same
        if other_case := [symbol for symbol in containing if symbol.name.lower() == lowered]:
            notes.append(f"No {whole} in this spelling; these differ in case.")
            return other_case
        if containing:
            notes.append(f"No {whole}; these names contain {word}.")
            return containing
        may_slip = _MIN_FUZZY_CHARS <= len(word) <= _MAX_FUZZY_CHARS
        similar = self._one_edit_away(word, report) if may_slip else []
        notes.append(f"No {whole}; these names are similar." if similar else f"No definition of {whole}.")
        return similar

    def _one_edit_away(self, word: str, report: _Report) -> list[Symbol]:
        """Definitions whose name is one slip away: a letter missing, added, wrong, or two swapped."""
        edits: list[str] = []
        for at in range(len(word)):
            before, after = re.escape(word[:at]), re.escape(word[at + 1 :])
            edits += [f"{before}\\w?{after}", f"{before}\\w{re.escape(word[at:])}"]
            if at:
                swapped = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
                edits.append(re.escape(swapped))
        expression = f"(?i:{'|'.join(edits)})"
        pattern = re.compile(expression)
        # No slip changes both ends, and RE2 finds plain texts several times faster than the slips.
        half = (len(word) - 1) // 2
        ends = (word[:half], word[-half:]) if half >= _MIN_HALF_CHARS else ()
        return self._search(
            linewise(rf"\b{expression}\b" if word.isascii() else expression),
            expression,
            lambda symbol: pattern.fullmatch(symbol.name) is not None,
            report,
            [literal(end, ignore_case=True) for end in ends],
        )

    def _search(
        self,
        pattern: Pattern,
        names: str,
        fits: Callable[[Symbol], bool],
        report: _Report,
        first: Sequence[Pattern] = (),
    ) -> list[Symbol]:
        """The definitions that fit, in files in which a pattern occurs.

        Args:
            pattern: occurs in every file that may have one.
            names: expression for the names; files that only mention one are not parsed.
            fits: tells a definition that is looked for.
            report: takes what was left out.
            first: of these, one occurs in every such file too, and is found faster.
        """
        found: list[Symbol] = []
        left = PARSED_BYTES
        unparsed = 0
        rows = self._search_engine.rows_with_any(first or [pattern], None, pattern if first else None)
        for row in self._prefiltered(rows, pattern, names, report):
            left -= self._snapshot.lengths[row]
            if left < 0:
                unparsed += 1
                continue
            report.parsed.add(row)
            found.extend(symbol for symbol in walk(self._definitions.of(row)) if fits(symbol))
        if unparsed:
            files = pluralize(unparsed, "further file")
            report.notes.append(
                f"{files} that may define it could not be parsed: too many mention it. "
                "grep for the line that you expect."
            )
        return found

    def _prefiltered(self, rows: Iterable[int], word: Pattern, names: str, report: _Report) -> Iterator[int]:
        """Leaves out files whose language shows that they do not define a name, and those not parsed."""
        hints: dict[str, Pattern] = {}
        for row in rows:
            language = detect(self._snapshot.paths[row], self._search_engine.first_line(row))
            if language is None or not language.parsable:
                if language is not None and language.content != "prose":
                    report.unparsable.setdefault(language, set()).add(row)
                continue
            if not language.definition_hint:
                yield row
                continue
            if language.name not in hints:
                hint = language.definition_hint.replace("NAME", f"(?:{names})")
                # To RE2 a letter outside of ASCII is none, and a name that ends in one has no end.
                hints[language.name] = unicode_linewise(hint if names.isascii() else without_boundaries(hint))
            may_define = [*self._search_engine.verified_by_line(word, hints[language.name], [row])]
            yield from may_define or self._other_headers(row)

    def _other_headers(self, row: int) -> Iterator[int]:
        """Yields a header that is not C although it is called so: a hint for C says nothing about it."""
        if self._snapshot.paths[row].endswith(HEADER):
            yield from self._search_engine.verified(linewise(OTHER_HEADER, multiline=True), [row])


def _with_part(word: str) -> str:
    """Expression for names of which a word is a part: `oom_kill`, `maxOOM`, `OomKiller`; not `headroom`."""
    title = word.capitalize()
    before = rf"(?:(?:\w*[_\d])?(?i:{word})|\w*{title}|\w*[a-z]{word.upper()})"
    return rf"{before}(?:[_\dA-Z]\w*)?"


def _order(word: str, symbol: Symbol) -> tuple[float, bool, str, int]:
    """The most similar name first; a prototype after what it stands for."""
    word = word.replace("*", "")
    likeness = (
        1.0 if symbol.name == word else SequenceMatcher(None, word.lower(), symbol.name.lower()).ratio()
    )
    prototype = symbol.kind in CALLABLES and symbol.signature.endswith(";")
    return -likeness, prototype, symbol.path, symbol.line


def similar_symbols(word: str, symbols: Iterable[Symbol]) -> list[str]:
    """Qualified names of symbols like a word."""
    names = {symbol.qualified_name: symbol.name for symbol in symbols}
    close = set(close_matches(name_parts(word)[-1] if name_parts(word) else word, names.values(), 5))
    return [qualified for qualified, name in names.items() if name in close][:5]
