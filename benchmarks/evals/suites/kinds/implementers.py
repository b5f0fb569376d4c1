"""Implementers (level 3) where types do not name what they implement: Go's interfaces and Rust's traits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.evals.suites.facts import TYPES, Defined, Facts
from benchmarks.evals.suites.kinds.candidate import Candidate, files, subjects

_FEWEST_METHODS = 2


def of_interfaces(facts: Facts) -> Iterator[Candidate]:
    """Types of Go with methods of all names that an interface has."""
    types = _GoTypes(facts)
    for defined in subjects(facts, frozenset({"interface"})):
        path, definition = defined.path, defined.definition
        wanted = types.of_interface(defined)
        if len(wanted) < _FEWEST_METHODS or types.embeds(defined):
            continue
        found = types.with_methods(wanted)
        if found:
            names = ", ".join(f"`{name}`" for name in sorted(wanted))
            yield Candidate(
                f"Which types have all methods of the interface `{definition.name}` (defined in `{path}`; "
                f"{names})? By name, in all {files(facts)}, tests too: every type that is no interface and "
                "for which methods of all these names are declared with it, or a pointer to it, as the "
                "receiver. Signatures are not compared, and methods that a type has from an embedded one do "
                "not count. The path is that of the file that defines the type.",
                tuple(sorted(each.qualified for each in found)),
                (path, *sorted({each.path for each in found} - {path})),
            )


class _GoTypes:
    """Types and interfaces of Go packages with the names of their methods."""

    def __init__(self, facts: Facts) -> None:
        # By folder, which is a package, and name.
        self._defined: defaultdict[tuple[str, str], list[Defined]] = defaultdict(list)
        self._methods: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._interfaces: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._embedding = {(file.path, base.type) for file in facts.files for base in file.bases}
        for file in facts.files:
            interfaces = {each.qualified for each in file.definitions if each.kind == "interface"}
            for each in file.definitions:
                if each.kind in TYPES and each.kind != "interface":
                    self._defined[file.folder, each.qualified].append(Defined(file.path, each))
                elif each.kind == "method" and each.parent in interfaces:
                    self._interfaces[file.path, each.parent].add(each.name)
                elif each.kind == "method":
                    self._methods[file.folder, each.parent].add(each.name)

    def of_interface(self, defined: Defined) -> set[str]:
        """The names of an interface's own methods."""
        return self._interfaces[defined.path, defined.definition.qualified]

    def embeds(self, defined: Defined) -> bool:
        """Whether an interface has others in it."""
        return (defined.path, defined.definition.qualified) in self._embedding

    def with_methods(self, wanted: set[str]) -> list[Defined]:
        """Types that have these methods; none where it is not known in which file one is defined."""
        having = [key for key, methods in self._methods.items() if wanted <= methods]
        if any(len(self._defined[key]) != 1 for key in having):
            return []
        return [self._defined[key][0] for key in having]


def of_traits(facts: Facts) -> Iterator[Candidate]:
    """Types of Rust with an `impl` of a trait."""
    implementing: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    renamed = {each.source for file in facts.files for each in file.imports if each.name != each.source}
    for file in facts.files:
        traits = {each.qualified for each in file.definitions if each.kind == "trait"}
        for base in file.bases:
            if base.type not in traits:
                implementing[base.base].add((base.type.rpartition(".")[2], file.path))
    for defined in subjects(facts, frozenset({"trait"})):
        name, found = defined.definition.name, implementing[defined.definition.name]
        if found and name not in renamed:
            yield Candidate(
                f"For which types is the trait `{name}` (defined in `{defined.path}`) implemented? By name, "
                f"in all {files(facts)}, tests too: every `impl {name} for Type` (of the trait's path the "
                "last identifier counts), where `Type` is a path, with or without arguments, and no "
                "parameter of the `impl` itself. Implementations by `derive` and for references, pointers, "
                "tuples, slices and the like do not count. Give the file of the `impl` and the last "
                "identifier of the type's path, each once.",
                tuple(sorted({f"{path}::{type_name}" for type_name, path in found})),
                (defined.path, *sorted({path for _, path in found} - {defined.path})),
            )
