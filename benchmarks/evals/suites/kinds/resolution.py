"""Resolution of calls by syntax: which function a call means, where that can only be one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from benchmarks.evals.suites.facts import FUNCTIONS, Defined
from benchmarks.evals.suites.kinds.candidate import telling

if TYPE_CHECKING:
    from benchmarks.evals.suites.facts import Call, Definition, Facts, FileFacts, Import

_SELF = frozenset({"self", "cls", "this", "Self"})


class Resolution:
    """Finds what calls mean.

    A bare name is a function at the top of its own file, or one that the file imports from a file of the
    repository, and the file has the name for nothing but calls. `self.name`, or what the language has for it,
    is the method of the same type. On any other object a name has to be that of one method only.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._by_module: defaultdict[str, list[FileFacts]] = defaultdict(list)
        for file in facts.files:
            self._by_module[_module(file.path).rpartition(".")[2]].append(file)

    def callee(self, caller: Defined, call: Call) -> Defined | None:
        """The function that a call in another means; None where that is not known by syntax."""
        file = self._facts.by_path[caller.path]
        imported = [each for each in file.imports if each.name == (call.receiver or call.name)]
        if call.receiver in _SELF and caller.definition.kind == "method":
            return _only(file, f"{caller.definition.parent}.{call.name}")
        if not call.receiver and call.name in file.names:
            return None
        if not call.receiver and not imported:
            return _only(file, call.name)
        if not call.receiver and len(imported) == 1:
            return self._imported(file, imported[0])
        return None if imported else self._method(call.name)

    def _imported(self, file: FileFacts, what: Import) -> Defined | None:
        module = what.module
        if module.startswith("."):
            level = len(module) - len(module.lstrip("."))
            above = file.path.split("/")[:-level]
            module = ".".join([*above, *filter(None, [module[level:]])])
        found = [
            each
            for each in self._by_module.get(module.rpartition(".")[2], ())
            if f".{_module(each.path)}".endswith(f".{module}")
        ]
        return _only(found[0], what.source) if len(found) == 1 else None

    def _method(self, name: str) -> Defined | None:
        found = self._facts.defined.get(name, [])
        sole = len(found) == 1 and found[0].definition.kind == "method" and name not in self._facts.unknown
        return found[0] if sole and telling(name) else None


def on_class(call: Call, callee: Definition) -> bool:
    """Whether a method is called on a class by its look, so that the object is its first argument."""
    return callee.kind == "method" and call.receiver[:1].isupper() and not callee.decorators


def _only(file: FileFacts, qualified: str) -> Defined | None:
    found = [each for each in file.definitions if each.qualified == qualified]
    return Defined(file.path, found[0]) if len(found) == 1 and found[0].kind in FUNCTIONS else None


def _module(path: str) -> str:
    """A file's path as a module's name."""
    return path.rpartition(".")[0].removesuffix("/__init__").replace("/", ".")
