"""Ports of a REPL: what it needs around it, other in a native worker than in a WebAssembly guest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class HostChannel(Protocol):
    """The way to the host."""

    def request(self) -> dict[str, Any]:
        """Waits for the host's next request."""
        ...

    def send(self, *messages: dict[str, Any]) -> None:
        """Writes messages, one after another."""
        ...

    def call(self, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Calls a function of the host and returns what it returns."""
        ...


class Interruptible(Protocol):
    """When an interrupt may reach the program."""

    def armed(self) -> AbstractContextManager[object]:
        """Returns a context in which interrupts are raised."""
        ...


class Reserve(Protocol):
    """Memory kept back for when the program has used up its own."""

    def refill(self) -> None:
        """Takes it again."""
        ...

    def release(self) -> None:
        """Gives it to whoever allocates next."""
        ...
