"""Protocol: how messages are read from JSON, where pygls would lose something or let it through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import converters
from pygls.protocol import JsonRPCRequestMessage, LanguageServerProtocol

from rlm_core.well_formed import well_formed

if TYPE_CHECKING:
    from cattrs import Converter


def get_converter() -> Converter:
    """Leaves the parameters of requests outside of LSP as the JSON that they were.

    The converter that comes with pygls turns them into named tuples, which lose keys.
    """
    converter = converters.get_converter()
    converter.register_structure_hook(
        JsonRPCRequestMessage, lambda message, _: JsonRPCRequestMessage(**{"params": None, **message})
    )
    return converter


class Protocol(LanguageServerProtocol):
    """Every text of a message is well-formed, and a buffer changes once in a message.

    An editor that cuts a text between two halves of an emoji sends lone surrogates. Of changes that replace
    the whole text the last one counts, of others, which nobody asked for, none: they need not be read.
    """

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Takes each object of a message, the inner ones first, as the JSON decoder has read it."""
        data = {key: _well_formed(value) for key, value in data.items()}
        changes = data.get("contentChanges")
        if isinstance(changes, list):
            partial = [change for change in changes if isinstance(change, dict) and "range" in change]
            data["contentChanges"] = partial[:1] or changes[-1:]
        return super().structure_message(data)


def _well_formed(value: Any) -> Any:
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    return well_formed(value) if isinstance(value, str) else value
