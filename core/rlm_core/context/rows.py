"""Rows of the lists of `context`: plain small objects that print in few characters and carry `path:line`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rlm_core.context import excerpts
from rlm_core.syntax.registry import detect
from rlm_core.syntax.symbols import Located, spanned
from rlm_core.wording import one_line
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from typing import Self

    from rlm_core.workspace.snapshot import Snapshot


class Text(str):
    """Text that the REPL echoes as it is, without quotes and escapes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class File(str):
    """A path that also knows its file; use it like any string."""

    __slots__ = ("_row", "_snapshot")
    _row: int
    _snapshot: Snapshot

    @classmethod
    def of(cls, snapshot: Snapshot, row: int) -> Self:
        """The file in a row of a snapshot."""
        file = cls(snapshot.paths[row])
        file._snapshot, file._row = snapshot, row
        return file

    @property
    def path(self) -> str:
        """The path as a plain string."""
        return str(self)

    @property
    def size(self) -> int:
        """UTF-8 bytes."""
        return self._snapshot.lengths[self._row]

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self._snapshot.line_count(self._row)

    @property
    def language(self) -> str:
        """The language by the file's name, or an empty string."""
        language = detect(self)
        return language.name if language else ""

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


@dataclass(frozen=True, slots=True, repr=False)
class Hit(Located):
    """A line that matches.

    Attributes:
        path: the file.
        line: from 1.
        column: of the match, in characters, from 1.
        text: the line; a long one is cut around the match.
        before: lines before it, if context was asked for.
        after: lines after it.
        symbol: qualified name of the definition around it, if context was asked for.
    """

    path: str
    line: int
    column: int
    text: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    symbol: str = ""

    @property
    def around(self) -> dict[int, str]:
        """Its line and those around it, by number."""
        return dict(enumerate((*self.before, self.text, *self.after), self.line - len(self.before)))

    def __repr__(self) -> str:
        if not self.before and not self.after:
            return f"{self.path}:{self.line}: {self.text.strip()}"
        return excerpts.of_lines(self.path, self.around, {self.line: self.symbol})


@dataclass(frozen=True, slots=True, repr=False)
class Reference(Located):
    """A place where a name is written.

    Attributes:
        path: the file.
        line: from 1.
        column: in characters, from 1.
        text: the line; a long one is cut around the name.
        role: `definition`, `call`, `import`, `code` (any other), `comment`, `string`, or `text` where the
            file is not parsed.
        symbol: qualified name of the definition around the place, or an empty string.
    """

    path: str
    line: int
    column: int
    text: str
    role: str
    symbol: str

    def __repr__(self) -> str:
        role = "" if self.role in {"code", "call"} else f"[{self.role}] "
        inside = f"  (in {self.symbol})" if self.symbol else ""
        return f"{self.path}:{self.line}: {role}{self.text.strip()}{inside}"


@dataclass(frozen=True, slots=True, repr=False)
class Callee(Located):
    """A name that a definition calls.

    Attributes:
        name: the last part of what is called: `get` in `store.get()`.
        path: the file of the call.
        line: of the first call, from 1.
        text: that line; a long one is cut around the name.
        times: how many calls there are.
    """

    name: str
    path: str
    line: int
    text: str
    times: int

    def __repr__(self) -> str:
        times = f" ({self.times} times)" if self.times > 1 else ""
        return f"{self.path}:{self.line}: {self.name}{times}: {self.text.strip()}"


@dataclass(frozen=True, slots=True, repr=False)
class Import(Located):
    """A module that a file imports.

    Attributes:
        path: the file with the import.
        line: from 1.
        module: as it is written, without quotes.
        target: the file it means, or a folder with `/` behind it; empty when it is not in the workspace.
    """

    path: str
    line: int
    module: str
    target: str

    def __repr__(self) -> str:
        target = f"-> {self.target}" if self.target else "(external)"
        return f"{self.path}:{self.line}: {self.module} {target}"


@dataclass(frozen=True, slots=True, repr=False)
class Ranked(Located):
    """A file, or a definition, that seems to be about a query.

    Attributes:
        path: the file.
        score: higher is better; comparable within one ranking only.
        line: the line of the definition, or of the file, that fits best, from 1.
        text: that line.
        symbol: qualified name of the definition, of a file of its best one, or an empty string.
        start_line: first line of that definition; of the file's best passage where there is none.
        end_line: last line, inclusive.
    """

    path: str
    score: float
    line: int
    text: str
    symbol: str
    start_line: int
    end_line: int

    def __repr__(self) -> str:
        inside = f" ({self.symbol} {self.start_line}-{self.end_line})" if self.symbol else ""
        return f"{self.score:.2f} {self.path}:{self.line}{inside}: {self.text.strip()[:120]}"


@dataclass(frozen=True, slots=True, repr=False)
class Relation(Located):
    """A type or a method that another one is related to.

    Attributes:
        path: the file of its definition; where it is named, if it is not in the workspace.
        line: from 1.
        name: as it is written there.
        qualified_name: names from the outside in, joined by dots.
        kind: `class`, `interface`, `method` and so on; `external` where it is not in the workspace.
        via: what relates it: the base that is named, the type that has a method.
    """

    path: str
    line: int
    name: str
    qualified_name: str
    kind: str
    via: str

    @property
    def symbol(self) -> str:
        """The same as `qualified_name`, as rows of other lists have it."""
        return self.qualified_name

    def __repr__(self) -> str:
        via = f"  (via {self.via})" if self.via else ""
        return f"{self.path}:{self.line} {self.kind} {self.qualified_name}{via}"


@dataclass(frozen=True, slots=True, repr=False)
class Captured(Located):
    """A node that a query captures.

    Attributes:
        path: the file.
        line: from 1.
        column: in characters, from 1.
        end_line: its last line, inclusive.
        name: of the capture, without `@`.
        text: of the node; a long one is cut.
        kind: the node's kind in the grammar.
        match: number of the match: captures of one match have the same.
        symbol: qualified name of the definition around it, or an empty string.
    """

    path: str
    line: int
    column: int
    end_line: int
    name: str
    text: str
    kind: str
    match: int
    symbol: str

    def __repr__(self) -> str:
        inside = f"  (in {self.symbol})" if self.symbol else ""
        return f"{self.path}:{self.line}: @{self.name} {one_line(self.text, 120)}{inside}"


@dataclass(frozen=True, slots=True, repr=False)
class Constant(Located):
    """A name that is given a value.

    Attributes:
        path: the file.
        line: from 1.
        name: with the types that it is in, joined by dots.
        value: a number, a text, a truth value or a tuple; None where `why` says why it is not known.
        expression: what it is given, as it is written, on one line; a long one is cut.
        via: `path:line` of the constants that were followed.
        why: why the value is not known; empty when it is.
    """

    path: str
    line: int
    name: str
    value: Any
    expression: str
    via: tuple[str, ...] = ()
    why: str = ""

    def __repr__(self) -> str:
        shown = f"? ({self.why})" if self.why else repr(self.value)
        given = "" if self.expression == shown else f"  (from {self.expression})"
        return f"{self.path}:{self.line} {self.name} = {shown}{given}"


@dataclass(frozen=True, slots=True, repr=False)
class CallEdge:
    """A step of a call path.

    Attributes:
        path: the file where it is written.
        line: from 1.
        caller: qualified name of the function, or a name under which one is kept.
        callee: the same, of what it leads to.
        kind: `call`; `passes` (as an argument), `given` (what a function outside of functions is given),
            `decorates`, `assigned` (to a field or variable), `listed` (in a table), `uses` (a table),
            `contains` (a function in a function).
        text: the line; a long one is cut.
        definitions: how many definitions the callee's name has: a name is all that is known; 0 for what is
            no definition.
    """

    path: str
    line: int
    caller: str
    callee: str
    kind: str
    text: str
    definitions: int = 0

    def __repr__(self) -> str:
        among = f", 1 of {self.definitions} of this name" if self.definitions > 1 else ""
        steps = f"{self.caller} -> {self.callee} [{self.kind}{among}]"
        return f"{self.path}:{self.line}: {steps}: {one_line(self.text, 100)}"


@dataclass(frozen=True, slots=True, repr=False)
class CallPath:
    """A chain of calls by name from one definition to another.

    Attributes:
        edges: its steps in order: `.path .line .caller .callee .kind .text`.
    """

    edges: tuple[CallEdge, ...]

    def __len__(self) -> int:
        return len(self.edges)

    @property
    def names(self) -> list[str]:
        """What is called, from the first caller on."""
        return [*[edge.caller for edge in self.edges[:1]], *(edge.callee for edge in self.edges)]

    def __repr__(self) -> str:
        return "\n".join((" -> ".join(self.names), *(f"  {edge!r}" for edge in self.edges)))


class Slice(str):
    """Lines of a file: the text itself, which also knows where it is from.

    Attributes:
        path: the file.
        start_line: first line, from 1.
        end_line: last line, inclusive.
        symbol: qualified name of the definition, or an empty string.
        note: what else could have been meant; empty when nothing.
        name_line: where the name of the definition is; 0 where the lines are no definition.
    """

    __slots__ = ("end_line", "name_line", "note", "path", "start_line", "symbol")
    path: str
    start_line: int
    end_line: int
    symbol: str
    note: str
    name_line: int

    @classmethod
    def of(
        cls,
        text: str,
        path: str,
        start_line: int,
        end_line: int,
        symbol: str = "",
        note: str = "",
        name_line: int = 0,
    ) -> Self:
        """A slice; its lines are inclusive and count from 1."""
        piece = cls(text)
        piece.path, piece.start_line, piece.end_line = path, start_line, end_line
        piece.symbol, piece.note, piece.name_line = symbol, note, name_line
        return piece

    @property
    def text(self) -> str:
        """The text as a plain string."""
        return str(self)

    @property
    def header(self) -> str:
        """`path:start-end symbol`, with `(def at line)` where a definition begins above its name."""
        lines = spanned(self.start_line, self.end_line, self.name_line)
        return f"{self.path}:{lines} {self.symbol}".rstrip()

    @property
    def numbered(self) -> Text:
        """The header and the lines with their numbers: give this to a sub-model, so that it can cite."""
        width = len(str(self.end_line))
        lines = enumerate(split_lines(self), self.start_line)
        return Text("\n".join((self.header, *(f"{number:>{width}} {line}" for number, line in lines))))

    def __repr__(self) -> str:
        return f"{self.numbered}\n({self.note})" if self.note else self.numbered

    def __shown__(self) -> str:
        """What `print` in a program shows in place of the plain text: that can be cited."""
        return repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        lines = (self.start_line, self.end_line)
        return Slice.of, (str(self), self.path, *lines, self.symbol, self.note, self.name_line)
