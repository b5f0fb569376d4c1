"""References, callers and callees of a name: where it is written, and what each place is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rlm_core.context.find import last_names, name_parts, plain_name
from rlm_core.context.grep import cut_line
from rlm_core.context.lru import WeightedLru
from rlm_core.context.results import Results
from rlm_core.context.rows import Callee, Reference
from rlm_core.context.search import words
from rlm_core.context.search.patterns import literal
from rlm_core.errors import ParseLimitError, QueryError
from rlm_core.syntax.calls_and_imports import calls, imports, knows_calls
from rlm_core.syntax.registry import detect, of_source
from rlm_core.syntax.roles import roles
from rlm_core.syntax.symbols import walk
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.rows import Slice
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.workspace.snapshot import Snapshot

# A reference takes about 400 bytes.
_CACHED_REFERENCES = 40_000


class ReferenceFinder:
    """Finds the places of a name in one snapshot."""

    def __init__(self, snapshot: Snapshot, search_engine: SearchEngine, definitions: Definitions) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._definitions = definitions
        self._cache: WeightedLru[tuple[int, str, str | None], list[Reference]] = WeightedLru(
            _CACHED_REFERENCES
        )

    def references(
        self, name: str, rows: Sequence[int], limit: int, role: str | None = None
    ) -> Results[Reference]:
        """Returns the places where a name is written as a whole word.

        Args:
            name: of a qualified name only the last part is searched.
            rows: where to search, ascending.
            limit: most places.
            role: only places with this role.

        Raises:
            QueryError: there is no name, or the limit is below 1.
        """
        parts = name_parts(name)
        if not parts or limit < 1:
            raise QueryError("This needs a name and a limit of at least 1.")
        word, whole = parts[-1], plain_name(name)
        found: list[Reference] = []
        omitted: int | None = 0
        notes = [f"All uses of the word {word}: the type before it is not known."] if parts[1:] else []
        searched: list[int] = []
        for row in self._search_engine.rows_with(literal(word), rows):
            if len(found) >= limit:
                omitted = None
                notes.append(
                    f"Stopped at limit={limit}: files from {self._snapshot.paths[row]} on not searched."
                )
                break
            searched.append(row)
            wanted = self._places(row, word, whole, role)
            if len(wanted) > limit - len(found):
                notes.append(f"{self._snapshot.paths[row]} has {len(wanted):,}; not all are listed.")
                omitted = len(found) + len(wanted) - limit
            found.extend(wanted[: limit - len(found)])
        notes += self._unknown_notes(searched, word)
        if failure := self._definitions.failure_note(searched):
            notes.append(failure)
        return Results(found, " ".join(notes), omitted)

    def _unknown_notes(self, rows: Iterable[int], word: str) -> list[str]:
        """Sentences on files with a word in whose languages calls are not known."""
        files: Counter[str] = Counter()
        for row in rows:
            language = detect(self._snapshot.paths[row], self._search_engine.first_line(row))
            if language is None or language.content != "code" or knows_calls(language):
                continue
            if any(_whole_words(self._search_engine.source(row), word)):
                files[language.name] += 1
        return [
            f"Calls in {name} are not known ({pluralize(count, 'file')}); grep works."
            for name, count in files.items()
        ]

    def callers(self, name: str, rows: Sequence[int], limit: int) -> Results[Reference]:
        """Returns the calls of a name; as for `references`."""
        return self.references(name, rows, limit, role="call")

    def callees(self, block: Slice) -> Results[Callee]:
        """Returns the names that are called in some lines of a file, each once, in order."""
        row = self._snapshot.index(block.path)
        source = self._search_engine.source(row)
        try:
            language = of_source(block.path, source)
            if language is None or not knows_calls(language):
                name = language.name if language is not None else "this kind of file"
                return Results(note=f"{block.path}: Calls in {name} are not known; grep works.")
            everything = calls(source, language)
        except ParseLimitError as error:
            return Results(note=f"{block.path}: {error}")
        inside = [call for call in everything if block.start_line <= call.line <= block.end_line]
        times = Counter(call.name for call in inside)
        first = {call.name: call for call in reversed(inside)}
        found = (
            Callee(name, block.path, first[name].line, _line(source, first[name].start), times[name])
            for name in sorted(times, key=lambda name: first[name].start)
        )
        return Results(found)

    def _places(self, row: int, word: str, whole: str, role: str | None) -> list[Reference]:
        return self._cache.get(
            (row, whole, role), lambda: self._find_places(row, set(last_names(whole)), word, role), len
        )

    def _find_places(self, row: int, names: set[str], word: str, role: str | None) -> list[Reference]:
        path, source = self._snapshot.paths[row], self._search_engine.source(row)
        places = list(_whole_words(source, word))
        if not places:
            return []  # only part of longer names
        found: list[tuple[int, int, str]] = []
        number, counted = 1, 0
        defined: set[int] = set()
        if role is None:
            defined = {symbol.line for symbol in walk(self._definitions.of(row)) if symbol.name in names}
        for (start, _), kind in zip(places, self._roles(path, source, places, names, role), strict=True):
            number += source.count(b"\n", counted, start)
            counted = start
            here = "definition" if kind == "code" and number in defined else kind
            if role in {None, here}:
                found.append((start, number, here))
        blocks = self._definitions.enclosing_blocks(row, [number for _, number, _ in found]) if found else []
        return [
            Reference(
                path,
                number,
                _column(source, start),
                _line(source, start),
                here,
                block.qualified_name if block else "",
            )
            for (start, number, here), block in zip(found, blocks, strict=True)
        ]

    def _roles(
        self,
        path: str,
        source: bytes,
        places: Sequence[tuple[int, int]],
        names: set[str],
        role: str | None,
    ) -> Sequence[str]:
        """What each place is: a place is the end of one of the names, which may have separators in them.

        Which of them are imports is not looked at where only another role is wanted.
        """
        language = of_source(path, source)
        if language is None or not language.parsable:
            return ["text"] * len(places)
        try:
            kinds: list[str] = list(roles(source, language, places))
            called = {
                call.start + len(call.name.encode())
                for call in calls(source, language, places)
                if call.name in names
            }
            statements = imports(source, language, places) if role in {None, "import"} else []
        except ParseLimitError:
            return ["text"] * len(places)
        for number, (start, end) in enumerate(places):
            if kinds[number] == "code" and end in called:
                kinds[number] = "call"
            elif any(statement.start <= start < statement.end for statement in statements):
                kinds[number] = "import"
        return kinds


def _line(source: bytes, at: int) -> str:
    first = source.rfind(b"\n", 0, at) + 1
    return cut_line(source[first : source.find(b"\n", at)], at - first)


def _column(source: bytes, at: int) -> int:
    first = source.rfind(b"\n", 0, at) + 1
    return len(source[first:at].decode("utf-8", "replace")) + 1


def _whole_words(source: bytes, word: str) -> Iterator[tuple[int, int]]:
    text = word.encode()
    first, last = (letter.isalnum() or letter == "_" for letter in (word[0], word[-1]))
    start = source.find(text)
    while start >= 0:
        end = start + len(text)
        if not (first and words.before(source, start)) and not (last and words.after(source, end)):
            yield start, end
        start = source.find(text, end)
