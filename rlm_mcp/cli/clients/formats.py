"""Configuration formats: what one that can be edited offers, and the errors of editing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from rlm_core.errors import RlmError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ClientFileError(RlmError):
    """A client's configuration file that cannot be read, understood or written; it is left as it was."""


class MalformedError(ValueError):
    """Text that is not what its format asks for: the message says where (line:column) and what."""


class Format(Protocol):
    """Edits text in place: what is not edited keeps its bytes, comments included.

    Attributes:
        MAX_PROJECT_BYTES: what may be read of a project's file, which is repository text.
    """

    MAX_PROJECT_BYTES: int

    def parse(self, text: str) -> dict[str, Any]:
        """The values in the text; an empty text is an empty map. Raises `MalformedError`."""
        ...

    def with_value(self, text: str, keys: Sequence[str], value: Any) -> str:
        """The text with the value at these nested keys; maps on the way are made where they are missing."""
        ...

    def without(self, text: str, keys: Sequence[str]) -> str:
        """The text without the value at these nested keys, which must be there."""
        ...


def lookup(values: Any, keys: Sequence[str]) -> Any:
    """The value at nested keys, or None."""
    for key in keys:
        if not isinstance(values, dict):
            return None
        values = values.get(key)
    return values
