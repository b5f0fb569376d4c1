"""WebAssembly machine in a worker process: one guest, and what it may ask for."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wasmtime import Config, Engine, Store, WasiConfig, WasmtimeError, _ffi
from wasmtime.component import Component, Linker

from rlm_core.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

# Stack of the guest's frames as machine code. CPython measures its depth by another stack, in the guest's
# memory, and raises RecursionError at the end of that one: this one must not end before.
_FRAMES_BYTES = 120 << 20
STACK_BYTES = _FRAMES_BYTES + (8 << 20)
# What the guest has in memory before the program begins.
_OWN_BYTES = 64 << 20


def compile_file(component: str, compiled: str) -> None:
    """Compiles a component.

    Args:
        component: its file.
        compiled: the file that is written. It is on the disk when this returns: no power cut leaves half.
    """
    code = Component.from_file(_engine(), component).serialize()
    with Path(compiled).open("wb") as output:
        output.write(code)
        output.flush()
        os.fsync(output.fileno())


def _loaded(compiled: Path, engine: Engine) -> Component:
    """A compiled component; one that is damaged, or for another machine, is removed.

    Raises:
        SandboxError: it was.
    """
    try:
        return Component.deserialize_file(engine, str(compiled))
    except WasmtimeError as error:
        with suppress(OSError):
            compiled.unlink()
        raise SandboxError(
            f"The compiled WebAssembly sandbox could not be loaded. {compiled} was removed, if it could be; "
            f"the next session builds it again. ({str(error).partition(chr(10))[0]})"
        ) from None


def _engine() -> Engine:
    """An engine set up as all machines and compilations must be."""
    config = Config()
    config.cranelift_opt_level = "speed"
    # Not used here, and has to be larger; `Config` has no name for it.
    _ffi.wasmtime_config_async_stack_size_set(config.ptr(), STACK_BYTES)
    config.max_wasm_stack = _FRAMES_BYTES
    return Engine(config)


class WasmMachine:
    """A guest, to be started and run by a thread with `STACK_BYTES` of stack.

    It has a clock, random numbers and memory. It has no folder, no environment, no standard streams and no
    network: WASI gives nothing that is not given to it.

    Args:
        component: a file that `component.compiled` has made; loading another one would run its code.

    Raises:
        SandboxError: it is damaged.
    """

    def __init__(self, component: Path) -> None:
        self._engine = _engine()
        self._component = _loaded(component, self._engine)

    def start(
        self,
        memory_bytes: int,
        *,
        send: Callable[[str], None],
        receive: Callable[[float], str],
        ask: Callable[[str], str],
    ) -> None:
        """Makes the guest.

        Args:
            memory_bytes: what the program may use.
            send: passes frames on to the host.
            receive: waits for the next frame from the host, as guest.wit says.
            ask: answers what the guest asks of the context.
        """
        linker = Linker(self._engine)
        linker.add_wasip2()
        with linker.root() as root:
            root.add_func("send", lambda _store, frames: send(frames))
            root.add_func("receive", lambda _store, seconds: receive(seconds))
            root.add_func("ask", lambda _store, request: ask(request))
        self._store = Store(self._engine)
        self._store.set_wasi(WasiConfig())
        self._store.set_limits(memory_size=_OWN_BYTES + memory_bytes)
        self._instance = linker.instantiate(self._store, self._component)
        self._call("warm")

    def run(self, opening: str) -> None:
        """Has the guest serve the session that a frame opens; returns only if it ends."""
        self._call("run", opening)

    def _call(self, name: str, *arguments: str) -> None:
        function = self._instance.get_func(self._store, name)
        assert function is not None, "guest.wit has it"  # noqa: S101 - for type checkers
        function(self._store, *arguments)
        function.post_return(self._store)
