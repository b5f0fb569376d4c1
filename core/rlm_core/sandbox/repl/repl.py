"""The REPL: cells run one after another in one namespace that is a real `__main__`."""

from __future__ import annotations

import asyncio
import builtins
import inspect
import sys
import threading
import types
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from rlm_core import errors
from rlm_core.sandbox.repl import names
from rlm_core.sandbox.repl.cell import (
    ECHO,
    awaits,
    compile_cell,
    describe,
    failed_from,
    parse_cell,
    remember,
    remembered,
)
from rlm_core.sandbox.repl.checkpoint import Checkpoint
from rlm_core.sandbox.repl.function_proxies import as_builtin, proxies
from rlm_core.sandbox.repl.namespace import Namespace, text_of, type_name
from rlm_core.sandbox.repl.output import EmptyStdin, OutputBuffer, OutputStream
from rlm_core.sandbox.repl.replies import CellEndedError
from rlm_core.sandbox.wire import MAX_SENTENCE, MAX_SENTENCES, MAX_TOLD, PRINTED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from rlm_core.sandbox.repl.checkpoint_store import CheckpointStore
    from rlm_core.sandbox.repl.ports import HostChannel, Interruptible, Reserve


# Of a cell that follows one that failed: what it found may not be what the answer is to rest on.
_FINISHING = {"FINAL", "FINAL_VAR"}


class Repl:
    """Runs what the host asks for until the host is gone.

    Args:
        channel: the way to the host.
        interrupts: when an interrupt may reach the program.
        opening: the host's first message: limits and functions.
        context: the value of `context`.
        store: where the checkpoint of the session's last worker is, and this one's goes.
        reserve: memory kept back for when the program has used up its own.
        notes: by kind, what the program is to be told of `context` after a cell.
    """

    def __init__(
        self,
        channel: HostChannel,
        interrupts: Interruptible,
        opening: dict[str, Any],
        context: Any,
        store: CheckpointStore,
        reserve: Reserve,
        notes: Callable[[Any], dict[str, list[Any]]],
    ) -> None:
        self._channel = channel
        self._interrupts = interrupts
        self._memory_mb: int = opening["memory_mb"]
        self._output = OutputBuffer(self._send_output, opening["output_chars"])
        self._globals = _main_module().__dict__
        self._context = context
        functions = proxies(channel, opening["functions"], self._output.flush)
        self._notes = partial(notes, context)
        rerun = as_builtin(self._rerun, "RERUN", inspect.signature(self._rerun), inspect.getdoc(self._rerun))
        self._namespace = Namespace(self._globals, context, {**functions, "RERUN": rerun})
        self._checkpoint = Checkpoint(store, self._globals)
        self._cells = self._checkpoint.restore()
        self._runner: asyncio.Runner | None = None
        self._unbound: set[str] | None = None  # by cells that failed; None where that is not known
        self._reserve = reserve
        threading.excepthook = _unless_cell_ended(threading.excepthook)
        self._stderr = sys.stderr
        sys.argv = [""]
        sys.stdin = sys.__stdin__ = EmptyStdin()  # type: ignore[assignment, misc]  # stand-ins
        sys.stdout = sys.__stdout__ = OutputStream(self._output, "stdout")  # type: ignore[assignment, misc]  # stand-ins
        sys.stderr = sys.__stderr__ = OutputStream(self._output, "stderr")  # type: ignore[assignment, misc]  # stand-ins

    def serve(self) -> NoReturn:
        """Says that it is ready, and with which variables; then answers requests, one at a time."""
        try:
            self._serve()
        finally:  # only an error of our own leads here, which is no output of the program
            sys.stderr = self._stderr

    def _serve(self) -> NoReturn:
        self._channel.send({"op": "ready", "variables": self._namespace.variables()})
        while True:
            request = self._channel.request()
            served = self._ran(request) if request["op"] == "run" else self._value(request["name"])
            printed = [_printed(piece) for piece in self._output.take()]
            self._channel.send(*printed, {"op": "done", "id": request["id"], **served})

    def _ran(self, request: dict[str, Any]) -> dict[str, Any]:
        for source in request["unseen"]:  # of a worker before, which has not outlived it
            self._cells += 1
            remember(source, f"<cell {self._cells}>")
        if request["after_failure"] and (unmet := self._unmet(request["code"])):
            self._output.begin()
            return {**self._done(None, None), "unmet": unmet}
        if not request["after_failure"]:
            self._unbound = set()
        return self._run(request["code"])

    def _unmet(self, source: str) -> list[str]:
        """The names that a cell reads and one that failed should have bound; then it is a failed one too."""
        if self._unbound is None:
            return [UNKNOWN]
        try:
            body = parse_cell(source, "<cell>").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return []  # running it tells what is wrong
        unmet = names.read(body) & (self._unbound | _FINISHING)
        if unmet:
            self._unbound |= names.bound(body)
        return [name[:MAX_SENTENCE] for name in sorted(unmet)[:MAX_SENTENCES]]

    def _note_failure(self, error: BaseException) -> None:
        """Notes which names a cell that failed should have bound."""
        name = f"<cell {self._cells}>"
        try:
            unbound = names.bound(failed_from(parse_cell(remembered(name) or "", name), name, error))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            self._unbound = None
        else:
            self._unbound = unbound if self._unbound is None else self._unbound | unbound

    def _run(self, source: str) -> dict[str, Any]:
        self._cells += 1
        self._reserve.refill()
        self._namespace.final = None
        self._namespace.mark()
        self._output.begin()
        error = self._guarded(source)
        self._reserve.release()
        if (printed := self._output.finish()) is not None:
            self._globals[PRINTED] = printed
        self._namespace.restore()
        changed = self._namespace.changed(self._loop_names())
        self._checkpoint.save(self._namespace.own(), self._cells)
        return {**self._done(error, self._namespace.final), "changed": changed, **self._told()}

    def _value(self, name: str) -> dict[str, Any]:
        self._output.begin()
        try:
            with self._interrupts.armed():
                text = text_of(self._namespace.lookup(name))
        except BaseException:  # noqa: BLE001 - whatever the program's own repr does, there is no text
            text = None
        return self._done(None, text)

    def _done(self, error: str | None, final: str | None) -> dict[str, Any]:
        return {
            "error": error,
            "final": final,
            "omitted": self._output.omitted,
            "variables": self._namespace.variables(),
        }

    def _loop_names(self) -> set[str]:
        """Names that the cell has bound for a loop alone."""
        with suppress(SyntaxError, ValueError, MemoryError, RecursionError):
            return names.of_loops(parse_cell(remembered(f"<cell {self._cells}>") or "", "<cell>").body)
        return set()

    def _told(self) -> dict[str, list[Any]]:
        """What the program is still to be told of `context`."""
        with suppress(Exception):  # the program may have put anything in its place
            return {
                kind: [
                    item[:MAX_SENTENCE] if isinstance(item, str) else item for item in items[: MAX_TOLD[kind]]
                ]
                for kind, items in self._notes().items()
            }
        return {}

    def _guarded(self, source: str) -> str | None:
        """Runs a cell and returns its error as text, whatever happens."""
        try:
            with self._interrupts.armed():
                try:
                    self._execute(source)
                    self._namespace.take_answer()
                except BaseException as error:  # noqa: BLE001 - anything that the program raises
                    self._reserve.release()
                    self._note_failure(error)
                    return describe(error, self._memory_mb, self._context)
                return None
        except BaseException as error:  # noqa: BLE001 - interrupted, or out of memory, while describing it
            self._reserve.release()
            self._unbound = None
            return f"{type_name(error)} (no traceback could be made)."

    def _execute(self, source: str) -> None:
        code = compile_cell(source, f"<cell {self._cells}>")
        result = eval(code, self._globals)  # noqa: S307 - running the program is what this is for
        if awaits(code):
            self._await(result)
        value = self._globals.pop(ECHO, None)
        if value is not None:
            self._output.hold(f"{value!r}\n")

    def _rerun(self, cell: int, *texts: str) -> None:
        """Runs an earlier cell again with texts in it replaced: RERUN(3, "old", "new", "old", "new").

        A traceback has the number: `<cell 3>`; -1 is the cell before this one.
        """
        number = cell if cell > 0 else self._cells + cell
        source = remembered(f"<cell {number}>")
        if source is None:
            raise ValueError(f"Cell {number} is not known (any more): send all of it.")
        if len(texts) % 2:
            raise ValueError("RERUN takes texts in pairs: the old one and what to put in its place.")
        for old, new in zip(texts[::2], texts[1::2], strict=True):
            if source.count(old) != 1:
                raise ValueError(f"{old!r} is in cell {number} {source.count(old)} times, and must be once.")
            source = source.replace(old, new)
        self._cells += 1
        self._execute(source)

    def _await(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Runs a cell that awaits, in an event loop that lives until such a cell fails."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        try:
            self._runner.run(coroutine)
        except BaseException:
            runner, self._runner = self._runner, None
            runner.close()
            raise

    def _send_output(self, text: str) -> None:
        self._channel.send(_printed(text))


def _printed(text: str) -> dict[str, Any]:
    return {"op": "output", "text": text}


def _unless_cell_ended(hook: Callable[[Any], object]) -> Callable[[Any], object]:
    """A `threading.excepthook` that prints nothing into a cell about the end of the one before."""

    def report(args: Any) -> None:
        if args.exc_type is not CellEndedError:
            hook(args)

    return report


def _main_module() -> types.ModuleType:
    """A fresh `__main__`, with a copy of the builtins so that a program can't break ours."""
    own = types.ModuleType("builtins")
    own.__dict__.update(builtins.__dict__)
    own.__dict__.update(
        input=_no_input,
        print=as_builtin(_print, "print", inspect.signature(print), print.__doc__),
        RlmError=errors.RlmError,
        QueryError=errors.QueryError,
    )
    for kind in (errors.RlmError, errors.QueryError):
        kind.__module__ = "builtins"  # printed without the package that they come from
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = own
    sys.modules["builtins"] = own
    sys.modules["__main__"] = main
    return main


def _print(*values: Any, **options: Any) -> None:
    """Prints values as `print` does, but for those that say how they are shown."""
    print(*map(_shown, values), **options)  # noqa: T201 - into the program's output


def _shown(value: Any) -> Any:
    show = getattr(type(value), "__shown__", None)
    return value if show is None else show(value)


def _no_input(_prompt: object = "", /) -> str:
    """Raises: nobody is at the keyboard."""
    raise EOFError("Nobody is there to answer input(); work from `context`, or ask with llm_query().")
