"""Hierarchy (level 2 and 3): subclasses, descendants, overrides, implementers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.evals.suites.facts import FUNCTIONS, Defined, Facts
from benchmarks.evals.suites.kinds.candidate import Candidate, Kind, files, subjects, telling
from benchmarks.evals.suites.kinds.implementers import of_interfaces, of_traits

_CLASS = frozenset({"class"})
# Where it is not the type's own definition that says what it implements.
_ELSEWHERE = {"Go": of_interfaces, "Rust": of_traits}
_INTERFACE = frozenset({"interface", "trait"})


@dataclass
class _Hierarchy:
    """Types by the name of a base, for names that mean one type in all files."""

    facts: Facts
    below: defaultdict[str, list[Defined]] = field(default_factory=lambda: defaultdict(list))
    renamed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for file in self.facts.files:
            types = {each.qualified: each for each in file.definitions if each.kind != "constant"}
            for base in file.bases:
                if base.type in types:
                    self.below[base.base].append(Defined(file.path, types[base.type]))
            self.renamed |= {each.source for each in file.imports if each.name != each.source}

    def direct(self, name: str) -> list[Defined] | None:
        """Types with a base of that name; None where an import gives it another name, or a file hides it."""
        if name in self.renamed or name in self.facts.unknown:
            return None
        return list({each.qualified: each for each in self.below.get(name, ())}.values())

    def descendants(self, name: str) -> list[Defined] | None:
        """All types below one; None where the name of one that has others below it means several types."""
        found: dict[str, Defined] = {}
        names, seen = [name], {name}
        while names:
            direct = self.direct(names.pop())
            if direct is None:
                return None
            for each in direct:
                found[each.qualified] = each
                own = each.definition.name
                if own in self.below and own not in seen:
                    if len(self.facts.defined[own]) > 1:
                        return None
                    seen.add(own)
                    names.append(own)
        return list(found.values())


def _subclasses(facts: Facts) -> Iterator[Candidate]:
    hierarchy = _Hierarchy(facts)
    for defined in subjects(facts, _CLASS):
        name = defined.definition.name
        found = hierarchy.direct(name)
        if found:
            yield _candidate(
                f"Which classes are direct subclasses of `{name}` (defined in `{defined.path}`)? By name, in "
                f"all {files(facts)}, tests too: every class that has a base whose last identifier is "
                f"`{name}`.",
                defined,
                found,
            )


def _implementers(facts: Facts) -> Iterator[Candidate]:
    if facts.language in _ELSEWHERE:
        yield from _ELSEWHERE[facts.language](facts)
        return
    hierarchy = _Hierarchy(facts)
    for defined in subjects(facts, _INTERFACE):
        name, kind = defined.definition.name, defined.definition.kind
        found = hierarchy.direct(name)
        if found:
            yield _candidate(
                f"Which types name the {kind} `{name}` (defined in `{defined.path}`) as one that they "
                f"implement or extend? By name, in all {files(facts)}, tests too: every type for which the "
                f"last identifier of such a name is `{name}`.",
                defined,
                found,
            )


def _descendants(facts: Facts) -> Iterator[Candidate]:
    hierarchy = _Hierarchy(facts)
    for defined in subjects(facts, _CLASS):
        name = defined.definition.name
        found = hierarchy.descendants(name)
        if found and len(found) > len(hierarchy.direct(name) or ()):
            yield _candidate(
                f"Which classes descend from `{name}` (defined in `{defined.path}`), directly or through "
                f"other classes? By name, in all {files(facts)}, tests too: a class descends from `{name}` "
                f"if one of its bases is `{name}` or the name of a class that does; of a base the last "
                "identifier counts.",
                defined,
                found,
            )


def _overrides(facts: Facts) -> Iterator[Candidate]:
    hierarchy = _Hierarchy(facts)
    methods: defaultdict[str, set[str]] = defaultdict(set)
    for file in facts.files:
        for each in file.definitions:
            if each.kind in FUNCTIONS and each.parent:
                methods[f"{file.path}::{each.parent}"].add(each.name)
    for defined in subjects(facts, _CLASS):
        found = hierarchy.descendants(defined.definition.name)
        for method in sorted(methods[defined.qualified]) if found else ():
            overriding = [each for each in found or () if method in methods[each.qualified]]
            if telling(method) and 1 < len(overriding) < len(found or ()):
                yield _candidate(
                    f"Which classes that descend from `{defined.definition.name}` (defined in "
                    f"`{defined.path}`), directly or through other classes, define a method `{method}` in "
                    f"their own body? By name, in all {files(facts)}, tests too: a class descends from "
                    "another if one of its bases has that one's name, or the name of a class that descends "
                    "from it; of a base the last identifier counts.",
                    defined,
                    overriding,
                )


def _candidate(text: str, subject: Defined, found: list[Defined]) -> Candidate:
    places = {each.path for each in found} - {subject.path}
    truth = tuple(sorted({each.qualified for each in found}))
    return Candidate(text, truth, (subject.path, *sorted(places)))


KINDS = (
    Kind("subclasses", 2, "names", "class as `path::Class`", _subclasses),
    Kind("descendants", 3, "names", "class as `path::Class`", _descendants),
    Kind("overrides", 3, "names", "class as `path::Class`", _overrides),
    Kind("implementers", 3, "names", "type as `path::Type`", _implementers),
)
