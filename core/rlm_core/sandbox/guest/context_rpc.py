"""RPC from the guest's `context` to the worker: what may be requested, and with which values, as bytes.

The worker believes nothing of a request, so it is a frame (`rlm_core.sandbox.wire`), not a pickle. Its
arguments are values of JSON, the results that `Ref` names, and for anything else something of the same
name, to be iterated over or complained about as the original would be. Lone surrogates are replaced, as
in every frame: no text of a workspace has any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from rlm_core.context.rows import File, Slice, Text
from rlm_core.context.slicing import Ref
from rlm_core.sandbox import wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Of the files themselves; every other request is about `Context`.
TABLE, LINE_COUNT = "_table", "_line_count"

# Members that print or run code, which only the guest can; they ask by other members.
LOCAL = frozenset({"load", "show"})

# What an answer starts with; a pickle follows: the value, or the type and the arguments of an error.
VALUE, ERROR = b"+", b"-"

_PLAIN = (type(None), bool, int, float, str)
# What makes a result of its fields. Results of other classes refer to nothing.
_MAKERS: dict[type, Callable[..., Any]] = {kind: kind for kind in get_args(Ref) if kind is not str}
_MAKERS |= {File: File, Slice: Slice.of, Text: Text}
_CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "bytes": bytes,
    "dict": dict.fromkeys,
    "frozenset": frozenset,
    "list": list,
    "set": set,
    "tuple": tuple,
}
_BY_NAME = {kind.__name__: make for kind, make in _MAKERS.items()}


class ContextRequest(NamedTuple):
    """A member of `Context`, and what it is called with."""

    member: str
    arguments: list[Any]
    keywords: dict[str, Any]


def is_remote(name: str) -> bool:
    """Whether a member of `Context` is the worker's to answer; others are the guest's own."""
    return (not name.startswith("_") or name == "__getitem__") and name not in LOCAL


def encode(member: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> bytes:
    """Returns a request as bytes.

    Raises:
        wire.FrameError: the values are too large.
    """
    named = {name: _packed(value) for name, value in keywords.items()}
    return wire.encode({"member": member, "args": [_packed(value) for value in arguments], "kwargs": named})


def decode(data: bytes) -> ContextRequest:
    """Returns the request that some bytes are.

    Raises:
        wire.FrameError: they are none.
    """
    if len(data) < wire.PREFIX.size:
        raise wire.FrameError("A request is shorter than its head.")
    head, body = wire.sizes(data[: wire.PREFIX.size])
    if len(data) != wire.PREFIX.size + head + body:
        raise wire.FrameError("A request is not as long as it says.")
    start = wire.PREFIX.size + head
    match wire.decode(data[wire.PREFIX.size : start], data[start:]):
        case {"member": str(member), "args": list(arguments), "kwargs": dict(keywords)}:
            named = {name: _unpacked(value) for name, value in keywords.items()}
            return ContextRequest(member, [_unpacked(value) for value in arguments], named)
    raise wire.FrameError("A request has a member, args and kwargs.")


def _packed(value: Any, *, inside: bool = False) -> Any:
    """A value as the frame has it; what lies deeper than the items of an argument is only named."""
    if type(value) in _PLAIN:
        return value
    kind = type(value).__name__
    if type(value) in _MAKERS:
        return {"kind": kind, "fields": _fields(value)}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if inside or not isinstance(value, Iterable):
        return {"kind": kind}
    items = [_packed(item, inside=True) for item in value]
    return items if type(value) is list else {"kind": kind, "items": items}


def _fields(value: Any) -> list[Any]:
    """The fields of a result but the tuples, such as a symbol's children: to refer to it takes none."""
    if isinstance(value, str):
        return list(value.__reduce__()[1]) if isinstance(value, Slice) else [str(value)]
    fields = (getattr(value, name) for name in type(value).__match_args__)
    return [_field(field) for field in fields if not isinstance(field, tuple)]


def _field(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    return value if type(value) in _PLAIN else {"kind": type(value).__name__}


def _unpacked(value: Any) -> Any:
    match value:
        case list():
            return [_unpacked_item(item) for item in value]
        case {"kind": str(), "items": list(items)}:
            return _named(value["kind"], [_unpacked_item(item) for item in items])
    return _unpacked_item(value)


def _unpacked_item(value: Any) -> Any:
    match value:
        case {"kind": str(kind), "fields": list(fields)} if all(type(field) in _PLAIN for field in fields):
            return _result(kind, fields)
        case {"kind": str(kind)} if len(value) == 1:
            return _named(kind)
        case None | bool() | int() | float() | str():
            return value
    raise wire.FrameError("A request has a value that no argument is.")


def _result(kind: str, fields: list[Any]) -> Any:
    try:
        return _BY_NAME[kind](*fields)
    except (KeyError, TypeError):
        raise wire.FrameError(f"A request has a {kind[:100]!r} that is none.") from None


def _named(kind: str, items: list[Any] | None = None) -> Any:
    """What contains these items; of a type that is not Python's own, something that only has its name."""
    try:
        if kind in _CONTAINERS:
            return _CONTAINERS[kind](items or [])
        members = {} if items is None else {"__iter__": lambda _self: iter(items)}
        return type(kind, (), {"__module__": "__main__", **members})()
    except (TypeError, ValueError):
        raise wire.FrameError("A request has a value of a type that cannot have its name.") from None
