"""Constant folding (`context.constant`): what a constant is, followed through names and files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rlm_core.context.constant_lookup import ConstantLookup, fits
from rlm_core.context.find import name_parts
from rlm_core.context.paths import resolve_path
from rlm_core.context.results import Results
from rlm_core.context.rows import Constant
from rlm_core.errors import QueryError
from rlm_core.syntax.constant_arithmetic import (
    MAX_CHARS,
    NotKnownError,
    as_type,
    operated,
    plain,
    signed,
    spelled,
)
from rlm_core.syntax.symbols import Symbol
from rlm_core.wording import comma_list, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.constant_lookup import FoundSite, Searched
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.slicing import Ref
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.context.type_resolution.names import ModuleTargets
    from rlm_core.syntax.constant_expressions import Expression
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot

_LISTED = 6
_MAX_STEPS = 3000
_MAX_DEPTH = 60
# Largest and smallest values that Rust's and Go's libraries have names for.
_LIMITS = re.compile(r"(?:std::)?([iu])(8|16|32|64|128)::(MAX|MIN)\Z|math\.Max(Int|Uint)(8|16|32|64)\Z")


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
        self._lookup = ConstantLookup(snapshot, search_engine, index, targets)

    def constant(self, ref: Ref, limit: int) -> Results[Constant]:
        """Returns the values that a name is given outside of functions, one for each place.

        Raises:
            QueryError: there is no name, no such file, or the limit is below 1.
        """
        if limit < 1:
            raise QueryError("constant needs a limit of at least 1.")
        rows, parts = self._meant(ref)
        searched = self._lookup.having(parts[-1], rows)
        sites = [each for each in self._lookup.found(searched.rows, parts[-1]) if fits(each.site, parts)]
        found = [self._result(parts[-1], each) for each in sites if not each.site.inside]
        notes = list(self._notes(found, searched))
        files = {each.path for each in found}
        changed = dict.fromkeys(self._at(each) for each in sites if each.site.inside)
        if own := [place for place in changed if place.rpartition(":")[0] in files]:
            notes.append(f"Functions may change it: {comma_list(own, _LISTED)}.")
        omitted = max(0, len(found) - limit)
        if omitted:
            notes.append(f"{omitted:,} more than limit={limit}.")
        return Results(found[:limit], " ".join(notes), omitted)

    def _notes(self, found: list[Constant], searched: Searched) -> Iterator[str]:
        if len({repr(each.value) for each in found}) > 1:
            yield "It is given several values: which one holds is not known."
        if not found:
            yield "No assignment of it was found outside of functions (keys of dicts are not read)."
        if searched.omitted:
            files = pluralize(searched.omitted, "file")
            yield f"{files} that may give it a value not read: too many have it."
        if failed := [row for row in searched.rows if row in self._lookup.failures]:
            yield f"Not parsed: {comma_list([self._lookup.failures[row] for row in failed], _LISTED)}."
        if searched.unknown and not found:
            yield f"Constants of {comma_list(sorted(searched.unknown), _LISTED)} are not known."

    def _at(self, found: FoundSite) -> str:
        return f"{self._snapshot.paths[found.row]}:{found.site.line}"

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

    def _result(self, name: str, found: FoundSite) -> Constant:
        path, site = self._snapshot.paths[found.row], found.site
        way = _Way()
        try:
            value, why = plain(self._value_of(found, way)), ""
        except NotKnownError as error:
            value, why = None, str(error)
        qualified = ".".join((*site.scope, name))
        return Constant(path, site.line, qualified, value, site.expression.text, tuple(way.via), why)

    def _value_of(self, found: FoundSite, way: _Way, *, nested: bool = False) -> Any:
        place, site = (found.row, found.site.start), found.site
        if place in way.under_way:
            raise NotKnownError("it is defined by itself")
        if len(way.under_way) > _MAX_DEPTH:
            raise NotKnownError("it is made of too much")
        if nested and site.bare:
            raise NotKnownError(f"{site.expression.text} ({self._at(found)}) is a macro without brackets")
        way.under_way.add(place)
        value = self._value(site.expression, found, way, nested=nested and site.macro)
        way.under_way.discard(place)
        return as_type(value, site.type, found.language)

    def _value(self, given: Expression, at: FoundSite, way: _Way, *, nested: bool = False) -> Any:
        """What an expression gives; nested where operators stand around it."""
        way.steps -= 1
        if way.steps < 0:
            raise NotKnownError("it is made of too much")
        if given.kind == "value":
            return given.value
        if given.kind == "unknown":
            raise NotKnownError(f"{given.text} is not followed")
        if given.kind == "name":
            return self._named(given, at, way, nested=nested)
        inner = given.kind not in {"bracketed", "list", "set"}
        values = [self._value(argument, at, way, nested=inner) for argument in given.arguments]
        return self._combined(given, values, at.language)

    def _combined(self, given: Expression, values: list[Any], language: str) -> Any:
        """What values give together."""
        if given.kind == "bracketed":
            return values[0]
        if given.kind in {"list", "set"}:
            return tuple(dict.fromkeys(values) if given.kind == "set" else values)
        if given.kind == "joined":
            text = "".join(spelled(value, language) for value in values)
            if len(text) > MAX_CHARS:
                raise NotKnownError("it is too long")
            return text
        if given.kind.startswith("as "):
            return as_type(values[0], given.kind[3:], language, cast=True)
        if given.kind.startswith("unary "):
            return signed(given.kind[6:], values[0], language, given.arguments[0].text)
        return operated(given.kind, values[0], values[1], language, given.text)

    def _named(self, given: Expression, at: FoundSite, way: _Way, *, nested: bool) -> Any:
        if limit := _LIMITS.match(given.text):
            return _limit(limit)
        meant = [each for each in self._lookup.meant(given.parts, at) if not each.site.inside]
        if not meant:
            raise NotKnownError(f"no value was found for {given.text}")
        for each in meant:
            way.via[self._at(each)] = None
        values = [self._value_of(each, way, nested=nested) for each in meant]
        if any(repr(value) != repr(values[0]) for value in values):
            raise NotKnownError(f"{given.text} is given {len(values)} values")
        return values[0]


def _limit(match: re.Match[str]) -> int:
    bits = int(match[2] or match[5])
    signed_type = match[1] == "i" or match[4] == "Int"
    if match[3] == "MIN":
        return -(1 << (bits - 1)) if signed_type else 0
    return (1 << (bits - signed_type)) - 1
