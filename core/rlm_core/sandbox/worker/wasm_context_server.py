"""Server of the guest's `context`: the worker's end of `guest.context_rpc`."""

from __future__ import annotations

import inspect
import io
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any

from rlm_core.context.context import Context
from rlm_core.context.rows import File
from rlm_core.sandbox.guest import context_rpc

if TYPE_CHECKING:
    from collections.abc import Callable

    from rlm_core.context.changes import HistorySource
    from rlm_core.workspace.snapshot import Snapshot

_PLAIN = (type(None), bool, int, float, str, bytes)


class ContextServer:
    """Answers requests about a snapshot as its `Context` would.

    What the guest may ask is what a program may: the public members of `Context`, and for what works on
    the guest's own table of files, that table. Answers go to where programs are hostile, never come from
    there, so they are pickles.
    """

    def __init__(self, snapshot: Snapshot, history: HistorySource | None = None) -> None:
        context = Context(snapshot, history)
        self._members: dict[str, Callable[..., Any]] = {
            name: getattr(context, name) if inspect.isfunction(member) else partial(getattr, context, name)
            for name, member in vars(Context).items()
            if context_rpc.is_remote(name)
        }
        self._members[context_rpc.TABLE] = lambda: (snapshot.paths, snapshot.lengths)
        self._members[context_rpc.LINE_COUNT] = snapshot.line_count

    def answer(self, request: bytes) -> bytes:
        """Returns the answer to what the guest has sent, whatever that is; errors are answers too."""
        try:
            member, arguments, keywords = context_rpc.decode(request)
            if member not in self._members:
                raise AttributeError(f"'Context' object has no attribute {member[:100]!r}")  # noqa: TRY301 - an answer as well
            return _written(context_rpc.VALUE, self._members[member](*arguments, **keywords))
        except Exception as error:  # noqa: BLE001 - the program's to see, as if it had called itself
            return _written(context_rpc.ERROR, _plain(error))


class _Pickler(pickle.Pickler):
    """Writes a file as its row, and other results as calls of their classes: half the size and time."""

    def persistent_id(self, value: Any) -> int | None:
        return value._row if type(value) is File else None

    def reducer_override(self, value: Any) -> Any:
        names = getattr(type(value), "__match_args__", None)
        return (
            NotImplemented
            if names is None
            else (type(value), tuple([getattr(value, name) for name in names]))
        )


def _written(mark: bytes, value: Any) -> bytes:
    buffer = io.BytesIO()
    buffer.write(mark)
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def _plain(error: Exception) -> tuple[type[BaseException], tuple[Any, ...]]:
    """The nearest type of an error that the guest has too, and its arguments."""
    kind = next(
        kind for kind in type(error).__mro__ if kind.__module__.split(".")[0] in {"builtins", "rlm_core"}
    )
    plain = all(type(argument) in _PLAIN for argument in error.args)
    return kind, error.args if plain else (str(error),)
