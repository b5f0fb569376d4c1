"""Type facts of a file: its types, what each names as a base, and what names stand for something else.

As they are written (`type_facts_reader` reads them): what a name means, who knows the other files finds out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sized

    from rlm_core.syntax.type_names import Parts


@dataclass(frozen=True, slots=True)
class Base:
    """A type that another one names as a base.

    Attributes:
        text: as it is written, cut at 300 characters.
        parts: its names without arguments, from the outside in; none where it is no name but an expression.
        how: extends, implements, includes, embeds or derives.
        line: from 1.
        start: byte offset.
    """

    text: str
    parts: Parts
    how: str
    line: int
    start: int


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a Go type or interface: elsewhere symbols have them.

    Attributes:
        owner: the type; empty for one of an interface.
        name: its name.
        parameters: as they are written, with parentheses.
        result: as it is written; empty when there is none.
        line: from 1.
        pointer: it is one of a pointer to its type only.
    """

    owner: str
    name: str
    parameters: str
    result: str
    line: int
    pointer: bool


@dataclass(slots=True)
class TypeFact:
    """A type that a file defines.

    Attributes:
        name: as it is written.
        scope: the names of what it is in, from the outside in.
        kind: class, struct, interface or enum.
        line: of the name, from 1.
        start: byte offset of the definition.
        conditional: it is in a branch, so an earlier one may hold as well.
        bases: in order of appearance.
        methods: those that a Go interface asks for.
    """

    name: str
    scope: Parts
    kind: str
    line: int
    start: int
    conditional: bool = False
    bases: list[Base] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)

    @property
    def qualified(self) -> Parts:
        """Its name and those of what it is in, from the outside in."""
        return (*self.scope, self.name)


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that stands for something that is defined elsewhere, or earlier.

    Attributes:
        name: empty where all names of a module are meant.
        scope: the names of what it is in, from the outside in.
        module: as it is written; empty where the source is looked for in the file itself.
        source: names in the module; none where the module itself is meant.
        known: false where it is assigned what is no name.
        conditional: it is in a branch, so an earlier one may hold as well.
        start: byte offset.
    """

    name: str
    scope: Parts
    module: str
    source: Parts
    known: bool
    conditional: bool
    start: int


@dataclass(frozen=True, slots=True)
class Implementation:
    """A type that is said elsewhere than at its definition to have a base (Rust `impl A for B`)."""

    subject: Parts
    text: str
    base: Base
    scope: Parts
    line: int


@dataclass(slots=True)
class TypeFacts:
    """What a file says about types.

    Attributes:
        namespace: the package or namespace that all of it is in.
        types: in order of appearance.
        bindings: those that hold in the file.
        exports: those that hold for other files only (JavaScript).
        functions: scope, name and start of each function or namespace: they hide what is bound elsewhere.
        implementations: bases that are told apart from types.
        methods: of Go types, with their receivers.
        broken: whether a part of the text could not be read.
    """

    namespace: Parts = ()
    types: list[TypeFact] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    exports: list[Binding] = field(default_factory=list)
    functions: list[tuple[Parts, str, int]] = field(default_factory=list)
    implementations: list[Implementation] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)
    broken: bool = False

    def __len__(self) -> int:
        lists: tuple[Sized, ...] = (self.bindings, self.exports, self.implementations, self.methods)
        of_types = sum(1 + len(each.bases) + len(each.methods) for each in self.types)
        return 1 + of_types + sum(map(len, lists))
