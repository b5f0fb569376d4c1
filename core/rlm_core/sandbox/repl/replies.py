"""Replies of the host to calls."""

from __future__ import annotations

from typing import Any

from rlm_core.errors import RlmError

# What a call may raise in the program; anything else the host says is a plain RuntimeError.
_ERRORS: dict[str, type[Exception]] = {"RlmError": RlmError, "TypeError": TypeError}


def result(reply: dict[str, Any]) -> Any:
    """Returns what the called function returned.

    Raises:
        RlmError: the function refused, with its sentence.
        TypeError: the arguments do not fit the function.
        RuntimeError: the function failed.
    """
    failure = reply.get("error")
    if failure is None:
        return reply["value"]
    raise _ERRORS.get(failure["kind"], RuntimeError)(failure["message"])
