"""Method sets of Go: what a type declares, what it is promoted, and who has what an interface asks for."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.search.patterns import linewise
from rlm_core.context.type_resolution.go import package_of
from rlm_core.context.type_resolution.names import TypeKey, inside
from rlm_core.syntax.type_facts import Method

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.context.hierarchy import Hierarchy
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.workspace.snapshot import Snapshot

# Types embed few levels deep; hostile text may go round in circles.
_MAX_DEPTH = 20
_QUALIFIER = re.compile(r"\b\w+\.(?=\w)")
_TYPE_PARAMETER = re.compile(r"\b[A-Z]\d?\b")
_TYPE_WORDS = frozenset({"chan", "func", "map", "interface", "struct"})
_SPACE = re.compile(r"\s+")
_READER, _WRITER, _CLOSER = (
    ("Read", "([]byte)", "(int,error)"),
    ("Write", "([]byte)", "(int,error)"),
    ("Close", "()", "error"),
)
_SORT = (("Len", "()", "int"), ("Less", "(int,int)", "bool"), ("Swap", "(int,int)", ""))
# Interfaces of the standard library that are embedded and implemented most.
_STANDARD = {
    "error": (("Error", "()", "string"),),
    "fmt.Stringer": (("String", "()", "string"),),
    "io.Reader": (_READER,),
    "io.Writer": (_WRITER,),
    "io.Closer": (_CLOSER,),
    "io.ReadCloser": (_READER, _CLOSER),
    "io.WriteCloser": (_WRITER, _CLOSER),
    "io.ReadWriter": (_READER, _WRITER),
    "io.ReadWriteCloser": (_READER, _WRITER, _CLOSER),
    "sort.Interface": _SORT,
    "container/heap.Interface": (*_SORT, ("Push", "(any)", ""), ("Pop", "()", "any")),
    "net/http.Handler": (("ServeHTTP", "(ResponseWriter,*Request)", ""),),
    "encoding/json.Marshaler": (("MarshalJSON", "()", "([]byte,error)"),),
    "encoding/json.Unmarshaler": (("UnmarshalJSON", "([]byte)", "error"),),
}  # fmt: skip


class Having(NamedTuple):
    """A method that a type has.

    Attributes:
        method: its declaration.
        path: the file of that.
        via: the embedded types that it is promoted through, the outermost first.
    """

    method: Method
    path: str
    via: tuple[str, ...]


@dataclass(slots=True)
class MethodSet:
    """The methods of a type by name, and embedded types of which nothing is known."""

    methods: dict[str, Having] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


class GoMethods:
    """Finds methods of the Go types of one snapshot."""

    def __init__(
        self, snapshot: Snapshot, search_engine: SearchEngine, index: TypeIndex, hierarchy: Hierarchy
    ) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._index = index
        self._hierarchy = hierarchy

    def knows(self, key: TypeKey) -> bool:
        """Whether it is an interface of the standard library whose methods are known."""
        return _standard(key) != ()

    def of(self, key: TypeKey) -> MethodSet:
        """Returns the methods that a type has, its own and promoted ones."""
        found = MethodSet()
        hidden: set[str] = set()  # at one depth there are several of the name
        level: list[tuple[TypeKey, tuple[str, ...]]] = [(key, ())]
        seen = {key}
        union = self._kind(key) == "interface"
        for _ in range(_MAX_DEPTH):
            here: defaultdict[str, list[Having]] = defaultdict(list)
            deeper: list[tuple[TypeKey, tuple[str, ...]]] = []
            for each, via in level:
                for method, path in self._own(each):
                    here[method.name].append(Having(method, path, via))
                for edge in self._hierarchy.edges_of([each]):
                    known = edge.means[:1]
                    if not inside(known) and not (known and self.knows(known[0])):
                        found.unknown.append(edge.base.text)
                    deeper += [(base, (*via, edge.base.text)) for base in known if base not in seen]
                    seen.update(known)
            for name, having in here.items():
                if name not in found.methods and name not in hidden:
                    if len({each.via for each in having}) > 1 and not union:
                        hidden.add(name)
                    else:
                        found.methods[name] = having[0]
            level = deeper
            if not level:
                break
        return found

    def implementers(self, key: TypeKey) -> tuple[list[tuple[TypeKey, str]], list[str]]:
        """Returns the types that have all methods of an interface, each with how, and sentences on others."""
        wanted = self.of(key)
        notes = [f"What {name} asks for is not known." for name in wanted.unknown]
        if not wanted.methods:
            return [], [*notes, "It asks for no methods, so every type has them."]
        found: list[tuple[TypeKey, str]] = []
        otherwise: list[str] = []
        candidates, gaps = self._candidates(key, set(wanted.methods))
        for candidate in candidates:
            having = self.of(candidate).methods
            if not wanted.methods.keys() <= having.keys():
                continue
            differing = [
                name for name, want in wanted.methods.items() if not _same(want.method, having[name].method)
            ]
            if differing:
                place = having[differing[0]]
                otherwise.append(
                    f"{'.'.join(candidate.qualified)}.{differing[0]} ({place.path}:{place.method.line})"
                )
            else:
                found.append((candidate, _how([having[name] for name in wanted.methods])))
        if otherwise:
            shown = ", ".join(otherwise[:6])
            notes.append(
                f"{len(otherwise)} have methods of these names, but not all as it asks for: {shown}."
            )
        return found, [*notes, *gaps]

    def _candidates(self, interface: TypeKey, names: set[str]) -> tuple[list[TypeKey], list[str]]:
        """Types that may have methods of some names."""
        declaring: dict[str, set[TypeKey]] = {name: set(self._declaring(name)) for name in sorted(names)}
        own, some = set.intersection(*declaring.values()), set.union(*declaring.values())
        embedding = self._hierarchy.descend([interface, *sorted(some)], transitive=True)
        keys = own | {each for each in embedding.edges if not each.external}
        # One that declares some of the methods may be promoted the others.
        keys |= {each for each in some - keys if self._hierarchy.edges_of([each])}
        return sorted(each for each in keys if self._kind(each) != "interface"), embedding.notes

    def _declaring(self, name: str) -> Iterator[TypeKey]:
        """Types and interfaces that declare a method of a name."""
        word = re.escape(name)
        method = linewise(rf"^func[ \t]*\([^)]*\)[ \t]*{word}[ \t]*\(|^[ \t]+{word}\(")
        for row in self._search_engine.rows_with(method, self._rows):
            file = self._index.file(row)
            package = package_of(self._snapshot.paths[row])
            for each in file.facts.methods:
                if each.name == name:
                    yield from self._named(package, each.owner)
            for fact in file.facts.types:
                if any(each.name == name for each in fact.methods):
                    yield TypeKey(row, fact.qualified)

    def _named(self, package: str, name: str) -> list[TypeKey]:
        return [
            TypeKey(file.row, fact.qualified)
            for file, fact in self._index.declared("Go", name)
            if len(fact.qualified) == 1 and package_of(self._snapshot.paths[file.row]) == package
        ]

    def _own(self, key: TypeKey) -> Iterator[tuple[Method, str]]:
        """The methods that are declared for a type, anywhere in its package."""
        if key.external:
            for name, parameters, result in _standard(key):
                yield Method("", name, parameters, result, 0, False), ".".join(key.qualified)
            return
        path = self._snapshot.paths[key.row]
        for fact in self._index.file(key.row).types_at(key.qualified):
            yield from ((method, path) for method in fact.methods)
        receiver = linewise(rf"^func[ \t]*\([^)]*\b{re.escape(key.qualified[-1])}\b")
        rows = self._rows_by_package[package_of(path)]
        for row in self._search_engine.verified(receiver, rows) if len(key.qualified) == 1 else ():
            for method in self._index.file(row).facts.methods:
                if method.owner == key.qualified[-1]:
                    yield method, self._snapshot.paths[row]

    def _kind(self, key: TypeKey) -> str:
        if key.external:
            return "interface"
        return next((fact.kind for fact in self._index.file(key.row).types_at(key.qualified)), "")

    @cached_property
    def _rows(self) -> list[int]:
        return [row for row, path in enumerate(self._snapshot.paths) if path.endswith(".go")]

    @cached_property
    def _rows_by_package(self) -> dict[str, list[int]]:
        packages: defaultdict[str, list[int]] = defaultdict(list)
        for row in self._rows:
            packages[package_of(self._snapshot.paths[row])].append(row)
        return packages


def _standard(key: TypeKey) -> tuple[tuple[str, str, str], ...]:
    name = ".".join(key.qualified)
    for full, methods in _STANDARD.items():
        if key.external and name in (full, full.rpartition("/")[2]):
            return methods
    return ()


def _how(having: Iterable[Having]) -> str:
    """How a type has methods: by a pointer to it, by what it embeds."""
    methods = list(having)
    pointer = any(each.method.pointer and not each.via for each in methods)
    embedded = list(dict.fromkeys(each.via[0] for each in methods if each.via))
    return " ".join(["*" if pointer else "", *(f"embeds {name}" for name in embedded)]).strip()


def _same(wanted: Method, had: Method) -> bool:
    """Whether two methods take and give the same, as far as their words tell."""
    signatures = [_signature(each.parameters, each.result, 0) for each in (wanted, had)]
    generic = any(_TYPE_PARAMETER.search(signature) for signature in signatures)
    return generic or signatures[0] == signatures[1]


def _signature(parameters: str, result: str, depth: int) -> str:
    """What a function takes and gives, without names and packages."""
    given = _types(result, depth)
    return f"({','.join(_types(parameters, depth))}){given[0] if len(given) == 1 else tuple(given)}"


def _types(written: str, depth: int) -> list[str]:
    """The types in a list of parameters or results."""
    text = written.strip()
    if not text.startswith("("):
        return [_plain(text, depth)] if text else []
    items = [_SPACE.sub(" ", item).strip() for item in _items(text[1:-1])]
    items = [item for item in items if item]
    split = [item.partition(" ") for item in items]
    # `a, b int` names its parameters, `int, chan string` does not.
    if any(rest and name.isidentifier() and name not in _TYPE_WORDS for name, _, rest in split):
        types: list[str] = []
        following = ""
        for _, _, rest in reversed(split):
            following = rest or following
            types.append(following)
        items = types[::-1]
    return [_plain(item, depth) for item in items]


def _plain(text: str, depth: int) -> str:
    """A type without packages, and without names in a function that it has in it."""
    text = _QUALIFIER.sub("", text).replace("interface {}", "any").replace("interface{}", "any")
    if (start := text.find("func(")) >= 0 and depth < _MAX_DEPTH:
        end = next(_closing(text, start + 4), len(text))
        text = f"{text[:start]}func{_signature(text[start + 4 : end], text[end:], depth + 1)}"
    return _SPACE.sub("", text)


def _closing(text: str, start: int) -> Iterator[int]:
    """Where the bracket is closed that opens at a place, and everything that is closed behind it."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            yield at + 1


def _items(text: str) -> Iterator[str]:
    """What commas separate, brackets respected."""
    depth = start = 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]
