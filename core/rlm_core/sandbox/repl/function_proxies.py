"""Proxies of the host's functions, as programs see them: with a name, a signature and a docstring."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FunctionType

    from rlm_core.sandbox.repl.ports import HostChannel


def proxies(
    channel: HostChannel, described: Sequence[dict[str, str]], before: Callable[[], None]
) -> dict[str, Callable[..., Any]]:
    """Returns functions that call the host, one for each description (`name`, `signature`, `doc`).

    Args:
        channel: the way to the host.
        described: what the functions look like.
        before: called before each call, to pass on what was printed so far.
    """

    def proxy(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            before()
            return channel.call(name, arguments, keywords)

        return call

    return {
        item["name"]: as_builtin(
            proxy(item["name"]), item["name"], _signature(item["signature"]), item["doc"]
        )
        for item in described
        if not item["name"].startswith("_")  # behind `context`, not for programs
    }


def as_builtin(
    function: Callable[..., Any], name: str, signature: inspect.Signature, doc: str | None
) -> Callable[..., Any]:
    """Returns a function that does the same under another name, as if it were a builtin."""

    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    wrapper.__name__ = wrapper.__qualname__ = name
    wrapper.__module__ = "builtins"
    wrapper.__doc__ = doc
    wrapper.__signature__ = signature  # type: ignore[attr-defined]  # inspect looks for it
    return wrapper


def _signature(text: str) -> inspect.Signature:
    """The signature that the host wrote down, read back with annotations left as text."""
    scope: dict[str, FunctionType] = {}
    exec(f"from __future__ import annotations\ndef function{text}: ...", scope)  # noqa: S102 - the host's text
    return inspect.signature(scope["function"])
