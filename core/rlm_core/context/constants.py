"""Constant folding (`context.constant`): what a constant is, followed through names and files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from rlm_core.context.find import name_parts
from rlm_core.context.lru import WeightedLru
from rlm_core.context.paths import resolve_path
from rlm_core.context.results import Constant, Results
from rlm_core.context.search.patterns import linewise, literal
from rlm_core.context.type_resolution.go import package_of
from rlm_core.context.type_resolution.names import Place, entries
from rlm_core.errors import ParseLimitError, QueryError
from rlm_core.syntax.constant_arithmetic import MAX_CHARS, NotKnownError, as_type, operated, signed
from rlm_core.syntax.constant_sites import ConstantSite, constant_sites
from rlm_core.syntax.registry import of_source
from rlm_core.syntax.symbols import Symbol
from rlm_core.syntax.type_facts import Binding
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.slicing import Ref
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.context.type_resolution.names import ModuleTargets
    from rlm_core.syntax.constant_expressions import Expression
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot

_CACHED_SITES = 50_000
PARSED_BYTES = 12_000_000
_MAX_STEPS = 3000
_MAX_DEPTH = 60
_BY_MODULE = frozenset({"Python", "JavaScript", "TypeScript", "TSX", "Vue", "Svelte", "Astro"})
_FAMILIES = {
    **dict.fromkeys(_BY_MODULE - {"Python"}, "scripts"),
    **dict.fromkeys(("C", "C++", "Objective-C"), "C"),
}
# Words for what a name is written in.
_HERE = frozenset({"self", "static", "this", "crate", "super"})
# Largest and smallest values that Rust's and Go's libraries have names for.
_LIMITS = re.compile(r"(?:std::)?([iu])(8|16|32|64|128)::(MAX|MIN)\Z|math\.Max(Int|Uint)(8|16|32|64)\Z")


@dataclass(frozen=True, slots=True)
class _Found:
    """A site and where it is."""

    row: int
    language: str
    site: ConstantSite


@dataclass(slots=True)
class _Way:
    """What was followed for one value."""

    steps: int = _MAX_STEPS
    via: dict[str, None] = field(default_factory=dict)
    under_way: set[tuple[int, int]] = field(default_factory=set)


class ConstantFolder:
    """Evaluates constants of one snapshot."""

    def __init__(
        self, snapshot: Snapshot, search_engine: SearchEngine, index: TypeIndex, targets: ModuleTargets
    ) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._index = index
        self._targets = targets
        self._sites: WeightedLru[tuple[int, str], tuple[str, list[ConstantSite]]] = WeightedLru(_CACHED_SITES)

    def constant(self, ref: Ref, limit: int) -> Results[Constant]:
        """Returns the values that a name is given outside of functions, one for each place.

        Raises:
            QueryError: there is no name, no such file, or the limit is below 1.
        """
        if limit < 1:
            raise QueryError("constant needs a limit of at least 1.")
        rows, parts = self._meant(ref)
        notes: list[str] = []
        found = [
            self._result(parts[-1], each)
            for each in self._found(self._having(parts[-1], rows, notes), parts[-1])
            if _fits(each.site, parts)
        ]
        if len({repr(each.value) for each in found}) > 1:
            notes.append("It is given several values: which one holds is not known.")
        if not found:
            notes.append("No place outside of functions (and of macros) gives it a value.")
        omitted = max(0, len(found) - limit)
        if omitted:
            notes.append(f"{omitted:,} more than limit={limit}.")
        return Results(found[:limit], " ".join(notes), omitted)

    def _meant(self, ref: Ref) -> tuple[list[int] | None, Parts]:
        if isinstance(ref, Symbol):
            return [self._snapshot.index(ref.path)], tuple(ref.qualified_name.split("."))
        if not isinstance(ref, str):
            raise QueryError("This takes the name of a constant, 'path::NAME' or a symbol.")
        path, colons, name = ref.strip().partition("::")
        if colons and ("/" in path or path in self._snapshot):
            rows, text = [self._snapshot.index(resolve_path(self._snapshot, path))], name
        else:
            rows, text = None, ref
        parts = tuple(name_parts(text))
        if not parts:
            raise QueryError("This needs the name of a constant.")
        return rows, parts

    def _having(self, name: str, rows: Iterable[int] | None, notes: list[str]) -> Iterator[int]:
        """Files in which a name may be given a value."""
        word = re.escape(name)
        given = linewise(
            rf"\b{word}\b[^=]*=|define[ \t]+{word}\b|\bconst\b.*\b{word}\b|\b{word}\b[ \t]*(?:[,}}/]|$)"
        )
        candidates = self._search_engine.rows_with(literal(name)) if rows is None else iter(rows)
        left, omitted = PARSED_BYTES, 0
        for row in self._search_engine.verified_by_line(literal(name), given, candidates):
            left -= self._snapshot.lengths[row]
            if left < 0:
                omitted += 1
                continue
            yield row
        if omitted:
            notes.append(f"{pluralize(omitted, 'file')} that may give it a value not read: too many have it.")

    def _found(self, rows: Iterable[int], name: str) -> Iterator[_Found]:
        for row in rows:
            read = partial(self._read, row, name)
            language, sites = self._sites.get((row, name), read, lambda read: len(read[1]))
            yield from (_Found(row, language, site) for site in sites)

    def _read(self, row: int, name: str) -> tuple[str, list[ConstantSite]]:
        source = self._search_engine.source(row)
        language = of_source(self._snapshot.paths[row], source)
        if language is None or not language.parsable:
            return "", []
        try:
            return language.name, constant_sites(source, language, name)
        except ParseLimitError:
            return language.name, []

    def _result(self, name: str, found: _Found) -> Constant:
        path, site = self._snapshot.paths[found.row], found.site
        way = _Way()
        try:
            value, why = self._value_of(found, way), ""
        except NotKnownError as error:
            value, why = None, str(error)
        qualified = ".".join((*site.scope, name))
        return Constant(path, site.line, qualified, value, site.expression.text, tuple(way.via), why)

    def _value_of(self, found: _Found, way: _Way) -> Any:
        place = found.row, found.site.start
        if place in way.under_way or len(way.under_way) > _MAX_DEPTH:
            raise NotKnownError("it is defined by itself")
        way.under_way.add(place)
        value = self._value(found.site.expression, found, way)
        way.under_way.discard(place)
        return as_type(value, found.site.type)

    def _value(self, given: Expression, at: _Found, way: _Way) -> Any:
        way.steps -= 1
        if way.steps < 0:
            raise NotKnownError("it is made of too much")
        if given.kind == "value":
            return given.value
        if given.kind == "unknown":
            raise NotKnownError(f"{given.text} is not followed")
        if given.kind == "name":
            return self._named(given, at, way)
        values = [self._value(argument, at, way) for argument in given.arguments]
        if given.kind == "list":
            return tuple(values)
        if given.kind == "joined":
            text = "".join(str(value) for value in values)
            if len(text) > MAX_CHARS:
                raise NotKnownError("it is too long")
            return text
        if given.kind.startswith("unary "):
            return signed(given.kind[6:], values[0])
        return operated(given.kind, values[0], values[1], at.language)

    def _named(self, given: Expression, at: _Found, way: _Way) -> Any:
        if limit := _LIMITS.match(given.text):
            return _limit(limit)
        meant = self._candidates(given.parts, at)
        if not meant:
            raise NotKnownError(f"{given.text} is not defined in the workspace by a constant expression")
        for each in meant:
            way.via[f"{self._snapshot.paths[each.row]}:{each.site.line}"] = None
        values = [self._value_of(each, way) for each in meant]
        if any(repr(value) != repr(values[0]) for value in values):
            raise NotKnownError(f"{given.text} is given {len(values)} values")
        return values[0]

    def _candidates(self, parts: Parts, at: _Found) -> list[_Found]:
        """The sites that a name may mean at a place."""
        while len(parts) > 1 and parts[0] in _HERE and at.language not in _BY_MODULE:
            parts = parts[1:]
        own = [each for each in self._found([at.row], parts[-1]) if _fits(each.site, parts)]
        for depth in range(len(at.site.scope), -1, -1):
            scope = (*at.site.scope[:depth], *parts[:-1])
            if near := [each for each in own if each.site.scope == scope]:
                return near
        if at.language in _BY_MODULE:
            return self._of_module(at.row, parts, _MAX_DEPTH)
        if at.language == "Go":
            return self._of_package(parts, at)
        same = _FAMILIES.get(at.language, at.language)
        everywhere = self._found(self._having(parts[-1], None, []), parts[-1])
        found = [each for each in everywhere if _FAMILIES.get(each.language, each.language) == same]
        return own or [each for each in found if self._is_qualified(each, parts)]

    def _is_qualified(self, found: _Found, parts: Parts) -> bool:
        """Whether what stands before a name is around it: types, namespaces or a module, which is a file."""
        if _ends(found.site, parts):
            return True
        stem = self._snapshot.paths[found.row].rpartition("/")[2].partition(".")[0]
        return not found.site.scope and parts[-2] == stem

    def _of_module(self, row: int, parts: Parts, steps: int) -> list[_Found]:
        """Follows imports and exports to where a name is given its value."""
        if steps <= 0 or not parts:
            return []
        file = self._index.file(row)
        own = [each for each in self._found([row], parts[-1]) if each.site.scope == parts[:-1]]
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

    def _of_import(self, row: int, language: str, module: str, parts: Parts, steps: int) -> list[_Found]:
        target = self._targets.of(language, self._snapshot.paths[row], module)
        known = target and not target.endswith("/")
        if known and (found := self._of_module(self._snapshot.index(target), parts, steps)):
            return found
        if language == "Python" and len(parts) > 1 and steps > 0:
            joint = "" if module.endswith(".") else "."
            return self._of_import(row, language, f"{module}{joint}{parts[0]}", parts[1:], steps - 1)
        return []

    def _of_package(self, parts: Parts, at: _Found) -> list[_Found]:
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
        return list(self._found(self._having(parts[-1], rows, []), parts[-1]))


def _fits(site: ConstantSite, parts: Parts) -> bool:
    return not parts[:-1] or _ends(site, parts)


def _ends(site: ConstantSite, parts: Parts) -> bool:
    return site.scope[-len(parts[:-1]) :] == parts[:-1] if parts[:-1] else True


def _limit(match: re.Match[str]) -> int:
    bits = int(match[2] or match[5])
    signed_type = match[1] == "i" or match[4] == "Int"
    if match[3] == "MIN":
        return -(1 << (bits - 1)) if signed_type else 0
    return (1 << (bits - signed_type)) - 1
