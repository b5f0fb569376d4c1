"""Checkpoint of a program: plain values, functions and imports, saved after each cell for the next worker.

What a worker has in memory is gone when it must be killed. So after each cell the program's variables, as
far as they are plain, are written where the session's next worker finds them. None of the program's code
runs for that. The format is `marshal`, which must not be read from strangers: only a locked worker ever
does.
"""

from __future__ import annotations

import linecache
import marshal
import sys
from contextlib import suppress
from itertools import chain
from sys import getsizeof  # bound before a program can patch it
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType

    from rlm_core.sandbox.repl.checkpoint_store import CheckpointStore

# What is looked at after a cell, which bounds the time that it takes.
_MAX_ITEMS = 100_000
_MAX_DEPTH = 50

_SCALARS = {type(None), bool, int, float, complex, str, bytes}
_CONTAINERS = {dict, list, tuple, set, frozenset}
_PLAIN = _SCALARS | _CONTAINERS


class _NotPlainError(Exception):
    """A value that cannot be kept: of another type, too large, or nested too deeply."""


class _State(NamedTuple):
    """What is saved; `marshal` keeps what the values share with each other."""

    cells: int
    values: dict[str, Any]
    functions: dict[str, tuple[bytes, Any, Any]]  # code, defaults, defaults of keywords
    imports: dict[str, tuple[str, str | None]]  # module, name in it
    sources: dict[str, list[str]]  # lines by file name, for tracebacks


class Checkpoint:
    """Saves and restores the variables of one program.

    Args:
        store: what outlives this process.
        program_globals: the names of the program.
    """

    def __init__(self, store: CheckpointStore, program_globals: dict[str, Any]) -> None:
        self._store = store
        self._globals = program_globals
        self._codes: dict[str, tuple[CodeType, bytes]] = {}
        self._origins: dict[str, tuple[int, tuple[str, str | None] | None]] = {}

    def save(self, variables: Iterable[tuple[str, Any]], cells: int) -> None:
        """Writes down what can be kept of the variables, in place of what was saved before.

        Args:
            variables: name and value.
            cells: how many the session has run.
        """
        state = _State(cells, {}, {}, {}, {})
        # Text may take twice the space in UTF-8 that it has in memory.
        budget = _SizeBudget(self._store.capacity // 2)
        for name, value in variables:
            with suppress(_NotPlainError, RuntimeError):  # another thread may be changing it
                self._add(state, budget, name, value)
        try:
            self._write(marshal.dumps(tuple(state)))
        except (ValueError, MemoryError):
            self._write(b"")

    def restore(self) -> int:
        """Puts what the worker before has saved into the globals; returns how many cells it had run."""
        saved = self._store.read()
        if not saved:
            return 0
        state = _State(*marshal.loads(saved))  # noqa: S302 - locked by now
        for name, lines in state.sources.items():
            linecache.cache[name] = (sum(map(len, lines)), None, lines, name)
        for name, (module, attribute) in state.imports.items():
            with suppress(KeyError):  # the program had made that module itself
                found = sys.modules[module]
                self._globals[name] = found if attribute is None else vars(found)[attribute]
        for name, (code, defaults, keywords) in state.functions.items():
            function = FunctionType(marshal.loads(code), self._globals, None, defaults)  # noqa: S302 - as above
            function.__kwdefaults__ = keywords
            self._globals[name] = function
        self._globals.update(state.values)
        return state.cells

    def _add(self, state: _State, budget: _SizeBudget, name: str, value: Any) -> None:
        kind = type(value)
        if kind in _PLAIN:
            budget.charge(value)
            state.values[name] = value
        elif (origin := self._origin(name, value)) is not None:
            state.imports[name] = origin
        elif kind is FunctionType:
            state.functions[name] = self._function(name, value, budget)
            self._add_source(state, budget, value.__code__.co_filename)

    def _function(self, name: str, function: FunctionType, budget: _SizeBudget) -> tuple[bytes, Any, Any]:
        """A function without a closure, as what it can be made from again; its annotations are not kept."""
        code = function.__code__
        own = function.__globals__ is self._globals and function.__name__ == code.co_name
        if not own or function.__closure__ or vars(function):
            raise _NotPlainError
        budget.charge(function.__defaults__)
        budget.charge(function.__kwdefaults__)
        known = self._codes.get(name)
        if known is None or known[0] is not code:
            known = self._codes[name] = code, marshal.dumps(code)
        budget.charge(known[1])
        return known[1], function.__defaults__, function.__kwdefaults__

    def _add_source(self, state: _State, budget: _SizeBudget, filename: str) -> None:
        entry = linecache.cache.get(filename)
        if filename not in state.sources and entry is not None and len(entry) == 4:
            budget.charge(entry[2])
            state.sources[filename] = entry[2]

    def _origin(self, name: str, value: Any) -> tuple[str, str | None] | None:
        """Where a value was imported from: a module, or one's attribute under the same name."""
        known = self._origins.get(name)
        if known is None or known[0] != id(value):
            known = self._origins[name] = id(value), self._search(name, value)
        return known[1]

    def _search(self, name: str, value: Any) -> tuple[str, str | None] | None:
        for module_name, module in list(sys.modules.items()):
            if module is value:
                return module_name, None
            if (
                type(module) is ModuleType
                and vars(module) is not self._globals
                and vars(module).get(name) is value
            ):
                return module_name, name
        return None

    def _write(self, data: bytes) -> None:
        self._store.write(data if len(data) <= self._store.capacity else b"")


class _SizeBudget:
    """Size budget of a checkpoint: values are charged until they are more than may be saved, `size` bytes."""

    def __init__(self, size: int) -> None:
        self._items = _MAX_ITEMS
        self._bytes = size

    def charge(self, value: Any) -> None:
        """Takes a value into account.

        Raises:
            _NotPlainError: it cannot be kept.
            RuntimeError: another thread changed it meanwhile.
        """
        if type(value) in _SCALARS:
            self._take(1, getsizeof(value))
            return
        before = self._bytes
        try:
            self._charge(value)
        except BaseException:
            self._bytes = before  # the time that it took is gone, the room is not
            raise

    def _charge(self, value: Any) -> None:
        """Goes down level by level: the loops are those of C, which is what makes this cheap."""
        level = [value]
        for _ in range(_MAX_DEPTH):
            if not _PLAIN.issuperset(map(type, level)):
                raise _NotPlainError
            self._take(0, sum(map(getsizeof, level)))
            inner = [item for item in level if type(item) in _CONTAINERS]
            self._take(sum(map(len, inner)), 0)
            if not inner:
                return
            dicts = [item for item in inner if type(item) is dict]
            level = [*chain.from_iterable(inner), *chain.from_iterable(map(dict.values, dicts))]
        raise _NotPlainError

    def _take(self, items: int, size: int) -> None:
        if items > self._items or size > self._bytes:
            raise _NotPlainError
        self._items -= items
        self._bytes -= size
