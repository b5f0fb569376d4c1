"""Remote `context` of the guest: looks and behaves like `Context`, and has the worker do the work."""

from __future__ import annotations

import io
import pickle
from array import array
from functools import cached_property, wraps
from inspect import isfunction
from typing import TYPE_CHECKING, Any, cast

from rlm_core.sandbox.guest.stub_modules import stub_modules

with stub_modules():
    from rlm_core.context.context import Context
    from rlm_core.context.cuts import Cuts, noted
    from rlm_core.context.module_loader import ModuleLoader
    from rlm_core.context.rows import File
    from rlm_core.sandbox.guest import context_rpc
    from rlm_core.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def remote(ask: Callable[[bytes], bytes]) -> Context:
    """Returns a context whose work is done by the worker.

    Args:
        ask: takes a request to the worker and brings the answer (`sandbox.worker.wasm_context_server`).
    """
    context = _Context.__new__(_Context)
    context._worker = ContextClient(ask)
    context._cuts = Cuts()
    context._loader = ModuleLoader(context)
    return cast("Context", context)


class ContextClient:
    """Client of the worker's `ContextServer`."""

    def __init__(self, ask: Callable[[bytes], bytes]) -> None:
        self._ask = ask

    def tell(
        self, member: str, arguments: Sequence[Any] = (), keywords: Mapping[str, Any] | None = None
    ) -> Any:
        """Returns what a member is or returns over there, or raises what it raises."""
        answer = io.BytesIO(self._ask(context_rpc.encode(member, arguments, keywords or {})))
        failed = answer.read(1) == context_rpc.ERROR
        value = _Unpickler(answer, self).load()
        if failed:
            kind, details = value
            raise kind(*details)
        return value

    @cached_property
    def files(self) -> _Files:
        """The table of the files, brought here when it is first needed."""
        paths, lengths = self.tell(context_rpc.TABLE)
        return _Files(paths, lengths, self)


class _Files(Snapshot):
    """Of a snapshot only what is known of its files without their texts."""

    def __init__(self, paths: Sequence[str], lengths: array[int], worker: ContextClient) -> None:
        super().__init__(paths, array("H"), array("Q"), lengths, b"", (), ())
        self._worker = worker

    def line_count(self, row: int) -> int:
        """How many lines the text in that row has."""
        count: int = self._worker.tell(context_rpc.LINE_COUNT, [row])
        return count


class _Unpickler(pickle.Unpickler):
    """Reads an answer: the worker is trusted, and is all that can answer."""

    def __init__(self, answer: io.BytesIO, worker: ContextClient) -> None:
        super().__init__(answer)
        self._worker = worker

    def persistent_load(self, row: int) -> File:
        """A file, of which an answer only has the row."""
        return File.of(self._worker.files, row)


def _remote_member(name: str, member: Any) -> Any:
    """A member that asks the worker, and looks like the original."""
    if not isfunction(member):
        getter = member.fget if isinstance(member, property) else member.func
        return type(member)(_remote_member(name, getter))

    @wraps(member)
    def remote_member(self: Any, /, *arguments: Any, **keywords: Any) -> Any:
        return self._worker.tell(name, arguments, keywords)

    return noted(remote_member) if hasattr(member, "notes_cuts") else remote_member


def _members() -> dict[str, Any]:
    """What is asked, and what works over the table of files that is here; nothing private."""
    members: dict[str, Any] = {"_snapshot": property(lambda self: self._worker.files)}
    for name, member in vars(Context).items():
        if context_rpc.is_remote(name):
            members[name] = _remote_member(name, member)
        elif name in context_rpc.LOCAL or (name.startswith("__") and name not in {"__dict__", "__weakref__"}):
            members[name] = member
    return members


_Context: Any = type(Context.__name__, (), _members())
