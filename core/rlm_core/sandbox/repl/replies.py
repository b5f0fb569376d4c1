"""Replies of the host to calls."""

from __future__ import annotations

from typing import Any

from rlm_core.errors import RlmError


class CellEndedError(RuntimeError):
    """The cell ended before the call was answered, which a thread had made that nobody waited for."""


# What a call may raise in the program; anything else the host says is a plain RuntimeError.
_ERRORS: dict[str, type[Exception]] = {
    "RlmError": RlmError,
    "TypeError": TypeError,
    "CellEndedError": CellEndedError,
}


def result(reply: dict[str, Any]) -> Any:
    """Returns what the called function returned.

    Raises:
        RlmError: the function refused, with its sentence.
        TypeError: the arguments do not fit the function.
        CellEndedError: the cell ended meanwhile.
        RuntimeError: the function failed.
    """
    failure = reply.get("error")
    if failure is None:
        return reply["value"]
    raise _ERRORS.get(failure["kind"], RuntimeError)(failure["message"])
