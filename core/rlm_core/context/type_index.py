"""Type index: which files may have types below a given one, and the type facts of those that are looked at.

Nothing is made ahead. Type headers of a family of languages are searched when they are first needed, and only
files whose headers may matter are parsed.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_core.context import type_headers
from rlm_core.context.lru import WeightedLru
from rlm_core.context.search.patterns import linewise, literal
from rlm_core.errors import ParseLimitError
from rlm_core.syntax.registry import detect, of_source
from rlm_core.syntax.type_facts import TypeFacts
from rlm_core.syntax.type_facts_reader import type_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.syntax.language import Language
    from rlm_core.syntax.type_facts import Binding, TypeFact
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot

# A fact takes about 300 bytes.
_CACHED_FACTS = 400_000
# About two seconds of searching.
_MAX_SEARCHED_BYTES = 400_000_000
_MAX_WORDS = 2_000_000
# Files that are imported by the name of their folder.
_FOR_FOLDER = frozenset({"index", "main"})


@dataclass(slots=True)
class TypeFile:
    """The type facts of a file, for looking names up.

    Attributes:
        row: the file.
        language: its language's name.
        facts: what it says.
        named: what a name may stand for, by the names around it and itself, in order of appearance.
        exported: likewise, for other files only.
        known: whether types are known in its language.
        failure: why it could not be parsed; empty when it was.
    """

    row: int
    language: str
    facts: TypeFacts
    named: dict[tuple[Parts, str], list[TypeFact | Binding | None]] = field(default_factory=dict)
    exported: dict[str, list[Binding]] = field(default_factory=dict)
    known: bool = True
    failure: str = ""

    def types_at(self, qualified: Parts) -> list[TypeFact]:
        """The types of exactly this name."""
        return [fact for fact in self.facts.types if fact.qualified == qualified]


class TypeIndex:
    """Types of one snapshot by their names."""

    def __init__(self, snapshot: Snapshot, search_engine: SearchEngine) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._files: WeightedLru[int, TypeFile] = WeightedLru(_CACHED_FACTS)
        self._headers: dict[str, _HeaderWords] = {}
        self._parsed: set[int] = set()

    def language(self, row: int) -> Language | None:
        """The language of a file, by its name."""
        return detect(self._snapshot.paths[row], self._search_engine.first_line(row))

    def file(self, row: int) -> TypeFile:
        """What a file says about types."""
        return self._files.get(row, lambda: self._read(row), lambda file: len(file.facts))

    def cost(self, row: int) -> int:
        """Bytes that have to be parsed to know a file."""
        return 0 if row in self._parsed else self._snapshot.lengths[row]

    def headers(self, family: str) -> _HeaderWords:
        """The type headers of a family of languages."""
        if family not in self._headers:
            self._headers[family] = self._search_headers(family)
        return self._headers[family]

    def declared(self, family: str, name: str) -> Iterator[tuple[TypeFile, TypeFact]]:
        """The types of a name."""
        for row in sorted(self.headers(family).defining.get(name.encode(), ())):
            file = self.file(row)
            for fact in file.facts.types:
                if fact.name == name:
                    yield file, fact

    def implementing(self, key_row: int, name: str) -> list[int]:
        """Files that may say what a type has, for Rust: its own, and those with an `impl` for its name."""
        if self.file(key_row).language != "Rust":
            return [key_row]
        line = linewise(rf"\bimpl\b[^{{;]*\b{re.escape(name)}\b")
        rows = self._search_engine.rows_with(literal(name))
        crates = (row for row in rows if row == key_row or self._snapshot.paths[row].endswith(".rs"))
        return sorted({key_row, *self._search_engine.verified(line, crates)})

    def _read(self, row: int) -> TypeFile:
        self._parsed.add(row)
        path, source = self._snapshot.paths[row], self._search_engine.source(row)
        language = of_source(path, source)
        if language is None or not language.parsable or language.types_query is None:
            return TypeFile(row, language.name if language else "", TypeFacts(), known=False)
        try:
            facts = type_facts(source, language)
        except ParseLimitError as error:
            return TypeFile(row, language.name, TypeFacts(), failure=str(error))
        return _named(TypeFile(row, language.name, facts))

    def _search_headers(self, family: str) -> _HeaderWords:
        found = _HeaderWords()
        snapshot = self._snapshot
        left, words = _MAX_SEARCHED_BYTES, _MAX_WORDS
        for row in range(len(snapshot)):
            language = self.language(row)
            if language is None or type_headers.family(language.name) != family:
                continue
            left -= snapshot.lengths[row]
            if left < 0 or words < 0:
                found.unsearched.append(row)
                continue
            words -= found.add(row, self._search_engine.source(row), family, _stem(snapshot.paths[row]))
        return found


class _HeaderWords:
    """Words of type headers, and where they stand.

    Attributes:
        defining: files that may define a type, by its name.
        below: by a name, what may have it as a base: the file, and names of types.
        unsearched: files that were too many.
    """

    def __init__(self) -> None:
        self.defining: defaultdict[bytes, set[int]] = defaultdict(set)
        self.below: defaultdict[bytes, set[tuple[int, tuple[bytes, ...]]]] = defaultdict(set)
        self.unsearched: list[int] = []
        self._aliases: defaultdict[bytes, set[tuple[bytes, int]]] = defaultdict(set)
        self._defaults: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self._stems: dict[int, bytes] = {}

    def add(self, row: int, text: bytes, family: str, stem: bytes) -> int:
        """Adds the headers of a file; returns how many words they have."""
        count = 0
        self._stems[row] = stem
        alone: list[list[bytes]] = []
        own: set[bytes] = set()
        for defined, named in type_headers.headers(text, family):
            own.update(defined)
            count += len(named) + 1
            if not defined:
                alone.append(named)
            for word in named:
                self.below[word].add((row, tuple(defined)))
        for name in own:
            self.defining[name].add(row)
        for named in alone:
            for word in named:
                self.below[word].add((row, tuple(own)))
        for old, new in type_headers.aliases(text, family):
            if new == b"_":
                continue
            # Names of variables are the same everywhere and mean something else; those of types do not.
            self._aliases[old].add((new, row if new[:1].islower() else -1))
        for module, name in type_headers.default_imports(text, family):
            self._defaults[module].add(name)
        return count

    def may_be_below(self, names: Iterable[str], *, transitive: bool) -> tuple[list[int], set[str]]:
        """Returns the files that may have types below those of some names, and all names of such types."""
        pending = [(name.encode(), -1) for name in names]  # in one file, or in all
        seen, rows = set(pending), set[int]()
        while pending:
            name, only = pending.pop()
            others = set(self._aliases.get(name, ()))
            for row in self.defining.get(name, ()):
                others.update((default, -1) for default in self._defaults.get(self._stems[row], ()))
            for row, defined in self.below.get(name, ()):
                if only in {-1, row}:
                    rows.add(row)
                    if transitive:
                        others.update((each, -1) for each in defined)
            pending += others - seen
            seen |= others
        return sorted(rows), {name.decode("utf-8", "replace") for name, _ in seen}


def _named(file: TypeFile) -> TypeFile:
    facts = file.facts
    placed: list[tuple[int, tuple[Parts, str], TypeFact | Binding | None]] = [
        *((fact.start, (fact.scope, fact.name), fact) for fact in facts.types),
        *((each.start, (each.scope, each.name), each) for each in facts.bindings),
        *((start, (scope, name), None) for scope, name, start in facts.functions),
    ]
    placed.sort(key=lambda item: item[0])
    for _, key, entry in placed:
        file.named.setdefault(key, []).append(entry)
    for binding in facts.exports:
        file.exported.setdefault(binding.name, []).append(binding)
    return file


def _stem(path: str) -> bytes:
    folder, name = posixpath.split(path)
    stem = name.partition(".")[0]
    return (posixpath.basename(folder) if stem in _FOR_FOLDER else stem).encode()
