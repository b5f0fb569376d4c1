"""`context.references`: where a name is written, and what each place is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.context.find import name_parts
from rlm_core.context.grep import cut_line
from rlm_core.context.results import Reference, Results
from rlm_core.context.scan import literal
from rlm_core.errors import QueryError
from rlm_core.syntax.languages import of_source
from rlm_core.syntax.parsing import TangledError
from rlm_core.syntax.roles import roles
from rlm_core.syntax.symbols import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.scan import Scanner
    from rlm_core.workspace.snapshot import Snapshot


class Referrer:
    """Finds the places of a name in one snapshot."""

    def __init__(self, snapshot: Snapshot, scanner: Scanner, definitions: Definitions) -> None:
        self._snapshot = snapshot
        self._scanner = scanner
        self._definitions = definitions

    def references(self, name: str, rows: Sequence[int], limit: int) -> Results[Reference]:
        """Returns the places where a name is written as a whole word.

        Args:
            name: of a qualified name only the last part is searched.
            rows: where to search, ascending.
            limit: most places.

        Raises:
            QueryError: there is no name, or the limit is below 1.
        """
        parts = name_parts(name)
        if not parts or limit < 1:
            raise QueryError("references needs a name and a limit of at least 1.")
        word = parts[-1]
        pattern = _whole_word(word)
        found: list[Reference] = []
        notes = [f"All uses of the word {word}: the type before it is not known."] if parts[1:] else []
        searched = None if len(rows) == len(self._snapshot) else rows
        for row in self._scanner.rows_with(literal(word), searched):
            if len(found) >= limit:
                notes.append(
                    f"Stopped at limit={limit}: files from {self._snapshot.paths[row]} on not searched."
                )
                break
            source = self._scanner.source(row)
            places = [match.span() for match in pattern.finditer(source)]
            if len(places) > limit - len(found):
                notes.append(f"{self._snapshot.paths[row]} has {len(places):,}; not all are listed.")
            found.extend(self._places(row, source, word, places[: limit - len(found)]))
        return Results(found, " ".join(notes))

    def _places(
        self, row: int, source: bytes, word: str, places: Sequence[tuple[int, int]]
    ) -> list[Reference]:
        path = self._snapshot.paths[row]
        kinds = self._roles(path, source, places)
        defined = {symbol.line for symbol in walk(self._definitions.of(row)) if symbol.name == word}
        found: list[Reference] = []
        number, counted = 1, 0
        for (start, _), kind in zip(places, kinds, strict=True):
            number += source.count(b"\n", counted, start)
            counted = start
            first = source.rfind(b"\n", 0, start) + 1
            line = source[first : source.find(b"\n", start)]
            column = len(source[first:start].decode("utf-8", "replace")) + 1
            block = self._definitions.block(row, number)
            role = "definition" if kind == "code" and number in defined else kind
            symbol = block.qualified_name if block else ""
            found.append(Reference(path, number, column, cut_line(line, start - first), role, symbol))
        return found

    def _roles(self, path: str, source: bytes, places: Sequence[tuple[int, int]]) -> Sequence[str]:
        language = of_source(path, source)
        if not places or language is None or not language.parsable:
            return ["text"] * len(places)
        try:
            return roles(source, language, places)
        except TangledError:
            return ["text"] * len(places)


def _whole_word(word: str) -> re.Pattern[bytes]:
    before = r"(?<!\w)" if word[0].isalnum() or word[0] == "_" else ""
    after = r"(?!\w)" if word[-1].isalnum() or word[-1] == "_" else ""
    return re.compile(f"{before}{re.escape(word)}{after}".encode())
