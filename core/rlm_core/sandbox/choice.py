"""Choice of the sandbox: the one that was asked for, or the best that can be had on this machine."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from rlm_core.errors import SandboxError
from rlm_core.sandbox.base import LockError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from rlm_core.config import SandboxSettings
    from rlm_core.sandbox.base import Probe, Sandbox, Session

_NEVER = "Programs are never run without isolation unless you ask for it (--sandbox none)."
_INSTALL = (
    "install it with its extra `wasm` (in a clone: `uv tool install '.[wasm]'`, or `uv run --extra wasm …`)"
)

T = TypeVar("T")

_log = logging.getLogger(__name__)


def create(settings: SandboxSettings) -> Sandbox:
    """Returns the sandbox for these settings, which starts nothing before it is used.

    Raises:
        SandboxError: there is none of this kind for this system, or its packages are not installed.
    """
    match settings.backend:
        case "none":
            from rlm_core.sandbox.host.spawning import OpenSandbox

            return OpenSandbox(settings)
        case "wasm":
            return _wasm(settings)
        case "native":
            return _native(settings)
    return BestSandbox(settings) if sys.platform == "linux" else _wasm(settings)


class BestSandbox:
    """Linux's own lock; where it cannot be had, WebAssembly.

    Implements `base.Sandbox`. Which one it is turns out when the first session is opened.

    Args:
        settings: what programs may use.
    """

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._current = _native(settings)
        self._fallback_lock = asyncio.Lock()
        self._fallback_reason: str | None = None
        self._settled = False  # whether the current one has worked once

    warning = ""

    async def open(self, context: Any, functions: Mapping[str, Callable[..., Awaitable[Any]]]) -> Session:
        """A fresh session; see `base.Sandbox.open`."""
        return await self._with_fallback(lambda sandbox: sandbox.open(context, functions))

    async def check(self) -> list[Probe]:
        """Makes a handful of escape attempts; see `base.Sandbox.check`."""
        return await self._with_fallback(lambda sandbox: sandbox.check())

    def describe(self) -> str:
        """What isolates programs, and why it is not the usual; see `base.Sandbox.describe`."""
        described = self._current.describe()
        return described if self._fallback_reason is None else f"{described}. ({self._fallback_reason})"

    async def close(self) -> None:
        """Ends every session."""
        await self._current.close()

    async def _with_fallback(self, use: Callable[[Sandbox], Awaitable[T]]) -> T:
        """What a use of the sandbox gives; of the other one, if this one cannot be locked."""
        current = self._current
        try:
            result = await use(current)
        except LockError as error:
            async with self._fallback_lock:
                if self._current is current:
                    if self._settled:  # then it isn't the machine, and other sessions go on
                        raise
                    await self._fall_back(str(error))
            return await use(self._current)
        self._settled = True
        return result

    async def _fall_back(self, reason: str) -> None:
        try:
            fallback = _wasm(self._settings)
        except SandboxError as missing:
            raise SandboxError(f"{reason} {missing}") from None
        _log.warning("%s Programs run in WebAssembly instead.", reason)
        await self._current.close()
        self._current, self._fallback_reason, self._settled = fallback, reason, True


def _native(settings: SandboxSettings) -> Sandbox:
    if sys.platform == "linux":
        from rlm_core.sandbox.host.native import NativeSandbox  # needs what only Linux has

        return NativeSandbox(settings)
    else:  # noqa: RET505 - type checkers follow only one branch
        raise SandboxError("The native sandbox is Linux's; use `wasm`, or leave sandbox.backend at `auto`.")


def _wasm(settings: SandboxSettings) -> Sandbox:
    from rlm_core.sandbox.host import wasm_build
    from rlm_core.sandbox.host.spawning import WasmSandbox

    if lacking := wasm_build.missing():
        raise SandboxError(f"The WebAssembly sandbox needs {lacking}; {_INSTALL}. {_NEVER}")
    return WasmSandbox(settings)
