"""Schema of the frames that a worker may send. Any other is not from our code, and is the worker's end."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rlm_core.sandbox import wire

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping

_MAX_VARIABLES = 1_000


def _at_most(characters: int) -> AfterValidator:
    """Limits a text that may be long: `max_length` would make a copy of it in UTF-8, to be kept with it."""

    def check(text: str) -> str:
        if len(text) > characters:
            raise ValueError(f"a text has more than {characters:,} characters")
        return text

    return AfterValidator(check)


# Name, type, summary; JSON has no tuples.
Row = Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=3, max_length=3)]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Ready(_Frame):
    """The worker is locked and waits for its first cell, with these variables of the one before it."""

    op: Literal["ready"]
    variables: list[Row] = Field(max_length=_MAX_VARIABLES)


class Refused(_Frame):
    """The worker could not start and has ended; `unlocked` when the reason is that it cannot be locked."""

    op: Literal["refused"]
    unlocked: bool
    message: str = Field(max_length=1_000)


class Locked(_Frame):
    """What is in force around the worker from now on, in a few words."""

    op: Literal["locked"]
    by: str = Field(max_length=500)


class Saved(_Frame):
    """The worker has saved its checkpoint, for the next one of its session; not for the host to read."""

    op: Literal["saved"]
    state: Annotated[str, _at_most(wire.MAX_CHECKPOINT)]


class Output(_Frame):
    """The program has printed this."""

    op: Literal["output"]
    text: str


class Call(_Frame):
    """The program calls a function of the host and waits for the reply with the same id."""

    op: Literal["call"]
    id: int
    name: str = Field(max_length=100)
    args: list[Any]
    kwargs: dict[str, Any]


class Texts(_Frame):
    """Texts of the call with this id, which is to follow."""

    op: Literal["texts"]
    id: int
    texts: list[str]


class Done(_Frame):
    """The request with this id has been served; see `CellResult` for the other fields."""

    op: Literal["done"]
    id: int
    error: str | None = Field(max_length=20_000)
    final: Annotated[str, _at_most(wire.MAX_ANSWER)] | None
    omitted: int = Field(ge=0, le=1 << 53)
    variables: list[Row] = Field(max_length=_MAX_VARIABLES)
    changed: list[Annotated[str, Field(max_length=wire.MAX_SENTENCE)]] = Field(
        default_factory=list, max_length=_MAX_VARIABLES
    )
    unmet: list[Annotated[str, Field(max_length=wire.MAX_SENTENCE)]] = Field(
        default_factory=list, max_length=wire.MAX_SENTENCES
    )
    looked: list[Annotated[int, Field(ge=0, le=1 << 31)]] = Field(
        default_factory=lambda: [0, 0], min_length=2, max_length=2
    )
    cuts: list[Annotated[str, Field(max_length=wire.MAX_SENTENCE)]] = Field(
        default_factory=list, max_length=wire.MAX_TOLD["cuts"]
    )
    loaded: list[Annotated[str, Field(max_length=wire.MAX_SENTENCE)]] = Field(
        default_factory=list, max_length=wire.MAX_TOLD["loaded"]
    )
    stubbed: list[Annotated[str, Field(max_length=wire.MAX_SENTENCE)]] = Field(
        default_factory=list, max_length=wire.MAX_TOLD["stubbed"]
    )


Frame = Ready | Refused | Locked | Saved | Output | Call | Texts | Done
_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="op")])


def parse(head: bytes, body: bytes, sent: Mapping[int, deque[str]] | None = None) -> Frame:
    """Returns the frame; texts that were sent ahead of it are taken from `sent`, as by `wire.decode`.

    Raises:
        wire.FrameError: it isn't one.
    """
    collecting = gc.isenabled()
    gc.disable()  # a head of nothing but lists would have it run a thousand times meanwhile
    try:
        return _FRAME.validate_python(wire.decode(head, body, sent))
    except ValidationError as error:
        raise wire.FrameError(f"A frame has the wrong shape: {error.errors()[0]['msg']}.") from None
    finally:
        if collecting:
            gc.enable()
