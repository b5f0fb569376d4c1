"""TOML, edited in place by tomlkit, which keeps comments and layout."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from rlm_core import config
from rlm_mcp.cli.clients.formats import MalformedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tomlkit import TOMLDocument

MAX_PROJECT_BYTES = config.PROJECT_FILE_BYTES


def parse(text: str) -> dict[str, Any]:
    """The values in the text. Raises `MalformedError`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MalformedError(str(error)) from error
    except RecursionError as error:
        raise MalformedError("nested too deeply") from error


def with_value(text: str, keys: Sequence[str], value: Any) -> str:
    """The text with the value at these nested keys; tables that are missing are written as `[a.b]`."""
    import tomlkit

    document = _document(text)
    table: Any = document
    for depth, key in enumerate(keys[:-1]):
        if key not in table:
            table[key] = tomlkit.table(is_super_table=True)
        table = table[key]
        if not isinstance(table, dict):
            raise MalformedError(f"{'.'.join(keys[: depth + 1])!r} is not a table")
    if isinstance(value, dict) and list(document)[-1] != keys[0]:
        # The next table follows at once: a blank line between them.
        value = tomlkit.item(value)
        value.add(tomlkit.nl())
    table[keys[-1]] = value
    return document.as_string()


def without(text: str, keys: Sequence[str]) -> str:
    """The text without the key and its value, or the table and its subtables. Raises `KeyError`."""
    document = _document(text)
    table: Any = document
    for key in keys[:-1]:
        table = table[key]
    del table[keys[-1]]
    return document.as_string()


def _document(text: str) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import ParseError

    try:
        return tomlkit.parse(text)
    except ParseError as error:
        raise MalformedError(str(error)) from error
