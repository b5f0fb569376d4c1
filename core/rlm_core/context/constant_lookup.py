"""Constant lookup: the places where a name is given a value, and which of them a name means at a place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from rlm_core.context.lru import WeightedLru
from rlm_core.context.search.patterns import linewise, literal
from rlm_core.context.type_resolution.go import package_of
from rlm_core.context.type_resolution.names import Place, entries
from rlm_core.errors import ParseLimitError
from rlm_core.syntax.constant_arithmetic import C_FAMILY, SCRIPTS, NotKnownError
from rlm_core.syntax.constant_sites import LANGUAGES, ConstantSite, constant_sites
from rlm_core.syntax.registry import of_source
from rlm_core.syntax.type_facts import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.context.type_resolution.names import ModuleTargets
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot

_CACHED_SITES = 50_000
PARSED_BYTES = 12_000_000
# Imports of imports: hostile text may go round in circles.
_MAX_IMPORTS = 60
_BY_MODULE = SCRIPTS | {"Python"}
_FAMILIES = {**dict.fromkeys(SCRIPTS, "scripts"), **dict.fromkeys(C_FAMILY, "C")}
# Words for what a name is written in.
_HERE = frozenset({"self", "static", "this", "crate", "super"})


@dataclass(frozen=True, slots=True)
class FoundSite:
    """A site and where it is."""

    row: int
    language: str
    site: ConstantSite


@dataclass(slots=True)
class Searched:
    """Files that may give a name a value.

    Attributes:
        rows: the files.
        omitted: how many more were too many.
        unknown: languages of others, whose constants are not known.
    """

    rows: list[int] = field(default_factory=list)
    omitted: int = 0
    unknown: set[str] = field(default_factory=set)


class ConstantLookup:
    """Finds the sites of constants in one snapshot.

    Attributes:
        failures: files that could not be parsed, and why.
    """

    def __init__(
        self, snapshot: Snapshot, search_engine: SearchEngine, index: TypeIndex, targets: ModuleTargets
    ) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._index = index
        self._targets = targets
        self.failures: dict[int, str] = {}
        self._sites: WeightedLru[tuple[int, str], tuple[str, list[ConstantSite]]] = WeightedLru(_CACHED_SITES)

    def having(self, name: str, rows: Iterable[int] | None) -> Searched:
        """Returns the files in which a name may be given a value.

        Args:
            name: without what is around it.
            rows: where to search; everywhere if None.
        """
        word = re.escape(name)
        given = linewise(
            rf"\b{word}\b[^=]*=|define[ \t(]+['\"]?{word}\b|\bconst\b.*\b{word}\b"
            rf"|\b{word}\b[ \t]*(?:[,}}/:]|$)|\b{word}(?:\+\+|--)"
        )
        candidates = self._search_engine.rows_with(literal(name)) if rows is None else iter(rows)
        left = PARSED_BYTES
        searched = Searched()
        for row in self._search_engine.verified_by_line(literal(name), given, candidates):
            language = self._index.language(row)
            if language is None or language.name not in LANGUAGES:
                searched.unknown.update([language.name] if language and language.content != "prose" else [])
                continue
            left -= self._snapshot.lengths[row]
            if left < 0:
                searched.omitted += 1
            else:
                searched.rows.append(row)
        return searched

    def found(self, rows: Iterable[int], name: str) -> Iterator[FoundSite]:
        """Yields the sites of a name in some files."""
        for row in rows:
            read = partial(self._read, row, name)
            language, sites = self._sites.get((row, name), read, lambda read: len(read[1]))
            yield from (FoundSite(row, language, site) for site in sites)

    def _read(self, row: int, name: str) -> tuple[str, list[ConstantSite]]:
        source = self._search_engine.source(row)
        language = of_source(self._snapshot.paths[row], source)
        if language is None or not language.parsable:
            return "", []
        try:
            return language.name, constant_sites(source, language, name)
        except ParseLimitError as error:
            self.failures[row] = f"{self._snapshot.paths[row]} ({error})"
            return language.name, []

    def meant(self, parts: Parts, at: FoundSite) -> list[FoundSite]:
        """Returns the sites that a name may mean at a place.

        Raises:
            NotKnownError: they are in too many files.
        """
        while len(parts) > 1 and parts[0] in _HERE and at.language not in _BY_MODULE:
            parts = parts[1:]
        own = [each for each in self.found([at.row], parts[-1]) if fits(each.site, parts)]
        for depth in range(len(at.site.scope), -1, -1):
            scope = (*at.site.scope[:depth], *parts[:-1])
            if near := [each for each in own if each.site.scope == scope]:
                return near
        if at.language in _BY_MODULE:
            return self._of_module(at.row, parts, _MAX_IMPORTS)
        if at.language == "Go":
            return self._of_package(parts, at)
        same = _FAMILIES.get(at.language, at.language)
        searched = self.having(parts[-1], None)
        if searched.omitted:
            raise NotKnownError(f"too many files have {parts[-1]}")
        everywhere = self.found(searched.rows, parts[-1])
        found = [each for each in everywhere if _FAMILIES.get(each.language, each.language) == same]
        return own or [each for each in found if self._is_qualified(each, parts)]

    def _is_qualified(self, found: FoundSite, parts: Parts) -> bool:
        """Whether what stands before a name is around it: types, namespaces or a module, which is a file."""
        if _ends(found.site, parts):
            return True
        stem = self._snapshot.paths[found.row].rpartition("/")[2].partition(".")[0]
        return not found.site.scope and parts[-2] == stem

    def _of_module(self, row: int, parts: Parts, steps: int) -> list[FoundSite]:
        """Follows imports and exports to where a name is given its value."""
        if steps <= 0 or not parts:
            return []
        file = self._index.file(row)
        own = [each for each in self.found([row], parts[-1]) if each.site.scope == parts[:-1]]
        if own:
            return own
        bindings = [each for each in entries(Place(file), parts[0]) if isinstance(each, Binding)]
        bindings += file.exported.get(parts[0], [])
        for binding in bindings:
            rest = (*binding.source, *parts[1:])
            if not binding.module:
                found = self._of_module(row, rest, steps - 1) if rest != parts else []
            else:
                found = self._of_import(row, file.language, binding.module, rest, steps - 1)
            if found:
                return found
        for star in (*file.exported.get("", ()), *file.named.get(((), ""), ())):
            taken = isinstance(star, Binding) and star.module
            if taken and (found := self._of_import(row, file.language, taken, parts, steps - 1)):
                return found
        return []

    def _of_import(self, row: int, language: str, module: str, parts: Parts, steps: int) -> list[FoundSite]:
        target = self._targets.of(language, self._snapshot.paths[row], module)
        known = target and not target.endswith("/")
        if known and (found := self._of_module(self._snapshot.index(target), parts, steps)):
            return found
        if language == "Python" and len(parts) > 1 and steps > 0:
            joint = "" if module.endswith(".") else "."
            return self._of_import(row, language, f"{module}{joint}{parts[0]}", parts[1:], steps - 1)
        return []

    def _of_package(self, parts: Parts, at: FoundSite) -> list[FoundSite]:
        """A constant of the same package of Go, or of an imported one."""
        path = self._snapshot.paths[at.row]
        package = package_of(path)
        if len(parts) > 1:
            package = ""
            for binding in self._index.file(at.row).facts.bindings:
                name = binding.name or binding.module.strip('"`').rpartition("/")[2]
                if binding.module and name == parts[0]:
                    package = self._targets.of("Go", path, binding.module)
        rows = [
            row
            for row, other in enumerate(self._snapshot.paths)
            if other.endswith(".go") and package_of(other) == package
        ]
        return list(self.found(self.having(parts[-1], rows).rows, parts[-1]))


def fits(site: ConstantSite, parts: Parts) -> bool:
    """Returns whether a name, qualified as far as it goes, means a site."""
    return not parts[:-1] or _ends(site, parts)


def _ends(site: ConstantSite, parts: Parts) -> bool:
    return site.scope[-len(parts[:-1]) :] == parts[:-1] if parts[:-1] else True
