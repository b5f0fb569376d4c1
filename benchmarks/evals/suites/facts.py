"""Facts of source files: what their syntax says, as the questions of generated suites need it.

They come from the sandbox and are hostile until `FILE_FACTS` has validated them. A guest program leaves out
of its JSON what has the default below.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config

Kind = Literal["function", "method", "class", "interface", "trait", "struct", "enum", "type", "constant"]
FUNCTIONS: frozenset[str] = frozenset({"function", "method"})
TYPES: frozenset[str] = frozenset({"class", "interface", "trait", "struct", "enum", "type"})

Text = Annotated[str, Field(max_length=100_000)]
Name = Annotated[str, Field(max_length=1_000)]
Line = Annotated[int, Field(ge=0)]

_STRICT = ConfigDict(extra="forbid", strict=True)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Definition:
    """A definition.

    Attributes:
        name: as it is written.
        qualified: with the definitions around it: `Class.method`, `outer.inner`.
        kind: what it is. A method is a function directly in a type; a `type` is a named type that is none of
            the others.
        line: of its name, from 1.
        first: its first line, decorators included.
        last: its last line.
        doc: its documentation's text; empty where there is none.
        doc_first: the documentation's first line; 0 where there is none.
        doc_last: its last line; 0 where there is none.
        parent: `qualified` of the definition around it; empty at the top of a file.
        value: a constant's right side, as it is written; empty otherwise, and where it is long.
        postfix: a constant's right side for folding: literals as JSON, `@NAME` for another constant, and the
            operators `+ - * << |`, each after what it works on; empty where it is made of anything else.
        decorators: names of decorators, `app.route` of `@app.route("/")`.
        params: names of parameters that calls give, in order, so without `self` and its like; with `*` or
            `**` in front where they take several, and in Python a lone `*` where keywords begin.
        required: how many of them a call has to give.
        rebound: those that the body assigns to.
        header: the line of the name as it is written, where the whole signature stands on it; else empty.
        exported: whether the language's rule makes it public: in Python no `_` in front.
    """

    name: Name
    qualified: Name
    kind: Kind
    line: Line
    first: Line
    last: Line
    doc: Text = ""
    doc_first: Line = 0
    doc_last: Line = 0
    parent: Name = ""
    value: Text = ""
    postfix: tuple[Text, ...] = ()
    decorators: tuple[Name, ...] = ()
    params: tuple[Name, ...] = ()
    required: Line = 0
    rebound: tuple[Name, ...] = ()
    header: Text = ""
    exported: bool = True


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Call:
    """A call.

    Attributes:
        name: the last identifier of what is called: `get` of `self.cache.get(key)`.
        line: of that identifier, from 1.
        within: `qualified` of the innermost definition in whose body it stands; empty outside of all.
        args: its positional arguments where these are plain names, `""` for any other expression.
        keywords: its keyword arguments, as `name=value` where the value is a plain name, else as `name=`.
        spread: whether it passes on `*some` or `**some`.
        receiver: the last identifier before the dot: `cache` of `self.cache.get(key)`; empty where the callee
            is a bare name, `?` where anything else stands there.
    """

    name: Name
    line: Line
    within: Name = ""
    args: tuple[Name, ...] = ()
    keywords: tuple[Name, ...] = ()
    spread: bool = False
    receiver: Name = ""


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Base:
    """A type named as a base of another, or as what another implements.

    Attributes:
        type: `qualified` of the type that has the base.
        base: the last identifier of the base: `Model` of `models.Model`.
        line: of that identifier.
    """

    type: Name
    base: Name
    line: Line


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Import:
    """A name that an import binds.

    Attributes:
        name: as it is bound here.
        source: the last identifier of what is imported: `name` unless it is bound under another.
        line: of that identifier.
        module: where it is imported from, as the file says it (`..utils.text`); empty where a module is.
        top: whether it stands outside of every definition.
        used: whether the file has the name anywhere else as a name by itself (not behind a dot, nor in a
            comment or a string), or in its `__all__`.
        doubtful: whether there are reasons why another reader may say otherwise: the name stands in a string,
            is bound in another way, too, or is a keyword of a call; the import stands in a `try`, or binds it
            under its own name, which marks a re-export.
    """

    name: Name
    source: Name
    line: Line
    module: Name = ""
    top: bool = True
    used: bool = True
    doubtful: bool = False


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Mention:
    """Something that the program reads or declares by a string.

    Attributes:
        sort: what it is: `route`, `setting`, `environment`, `command`.
        text: the string, or the name of the setting.
        line: where it stands.
        within: `qualified` of the innermost definition around it.
    """

    sort: Literal["route", "setting", "environment", "command"]
    text: Name
    line: Line
    within: Name = ""


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one file says.

    Attributes:
        path: POSIX, relative to the repository.
        language: as `LANGUAGES` of `extract` names it.
        parsed: whether it could be parsed; there are no facts otherwise.
        why: why it could not be.
        definitions: in the order of the file; so are the others.
        names: identifiers that stand in the file in any other way than as what is defined, called or
            imported, and words of strings that are names or dotted names; each once, sorted. Of a file that
            was not parsed every word.
        unclear: names that the file may define or call in ways that these facts do not have: in macros.
        complete: whether the definitions are all that somebody may count.
    """

    path: Name
    language: Name
    parsed: bool = True
    why: Name = ""
    definitions: tuple[Definition, ...] = ()
    calls: tuple[Call, ...] = ()
    bases: tuple[Base, ...] = ()
    imports: tuple[Import, ...] = ()
    mentions: tuple[Mention, ...] = ()
    names: tuple[Name, ...] = ()
    unclear: tuple[Name, ...] = ()
    complete: bool = True

    @property
    def folder(self) -> str:
        """The folder it lies in, empty for the repository's own."""
        return self.path.rpartition("/")[0]


FILE_FACTS = TypeAdapter(FileFacts)


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition with its file."""

    path: str
    definition: Definition

    @property
    def place(self) -> str:
        """`path:line` of its name."""
        return f"{self.path}:{self.definition.line}"

    @property
    def qualified(self) -> str:
        """`path::Class.method`."""
        return f"{self.path}::{self.definition.qualified}"


@dataclass(frozen=True)
class Facts:
    """All files of one language in a repository, sorted by path.

    Attributes:
        language: its name, as it stands in questions.
        suffixes: the files that count, by the ends of their names.
        files: those that could be parsed.
        unparsed: the others.
        skipped: files that exist and whose text is not known, with the reason.
    """

    language: str
    suffixes: tuple[str, ...]
    files: tuple[FileFacts, ...]
    unparsed: tuple[FileFacts, ...]
    skipped: tuple[str, ...] = ()

    @cached_property
    def unknown(self) -> frozenset[str]:
        """Words of files that could not be parsed, and unclear names: nothing exact can be asked of them."""
        unparsed = {name for file in self.unparsed for name in file.names}
        return frozenset(unparsed.union(*(file.unclear for file in self.files)))

    @cached_property
    def by_path(self) -> dict[str, FileFacts]:
        """Files by path."""
        return {file.path: file for file in self.files}

    @cached_property
    def functions(self) -> frozenset[tuple[str, str]]:
        """Path and `qualified` of every function and method."""
        return frozenset(
            (file.path, each.qualified)
            for file in self.files
            for each in file.definitions
            if each.kind in FUNCTIONS
        )

    @cached_property
    def defined(self) -> dict[str, list[Defined]]:
        """Definitions by name, those of one name in order of path and line."""
        found: defaultdict[str, list[Defined]] = defaultdict(list)
        for file in self.files:
            for definition in file.definitions:
                found[definition.name].append(Defined(file.path, definition))
        return dict(found)

    @cached_property
    def called(self) -> dict[str, list[tuple[FileFacts, Call]]]:
        """Calls by the name called."""
        found: defaultdict[str, list[tuple[FileFacts, Call]]] = defaultdict(list)
        for file in self.files:
            for call in file.calls:
                found[call.name].append((file, call))
        return dict(found)

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Names that stand somewhere in another way than as what is defined, called or imported."""
        return frozenset(name for file in self.files for name in file.names)

    def unique(self, kinds: frozenset[str]) -> Iterator[Defined]:
        """Definitions of some kinds that are the only ones of their name, whatever the kind of the others."""
        for name, found in sorted(self.defined.items()):
            if len(found) == 1 and found[0].definition.kind in kinds and name not in self.unknown:
                yield found[0]
