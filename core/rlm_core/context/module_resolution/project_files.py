"""Project files: manifests and configuration of the workspace, read as data and within bounds.

They are hostile text: what is too large, nested too deep or broken is left out and remembered with the
reason, and whatever is not of the kind that is asked for counts as absent.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rlm_core.workspace.snapshot import Snapshot

# A manifest that people write has a few kilobytes. Python reads TOML at one megabyte a second.
MAX_JSON_BYTES = 1_000_000
MAX_TOML_BYTES = 200_000
# All of a workspace's together: some two seconds.
MAX_TOTAL_BYTES = 20_000_000
# Each alternative takes all it can and gives nothing back, so that an open quote or comment ends the search.
_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*+"?|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?', re.DOTALL)
_STRING_OR_LAST_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+"?|,(?=\s*+[}\]])', re.DOTALL)
# Python takes quadratic time over a key of very many parts.
_LONG_KEY = re.compile(r"""(?:\.[\w \t"'-]{0,100}){50}""")
# No path, and no name of a module, is longer.
_MAX_CHARS = 1_000
# Entries of one table. A package may export some thousand files.
_MAX_ENTRIES = 5_000
Table = dict[str, Any]


class ProjectFiles:
    """Project files of one snapshot, each read once.

    Attributes:
        unread: why a file was not read, by its path.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._tables: dict[str, Table] = {}
        self._left = MAX_TOTAL_BYTES
        self.unread: dict[str, str] = {}

    def json(self, path: str) -> Table:
        """Returns the object in a JSON file, with comments and commas as compilers allow; empty without."""
        return self._table(path, MAX_JSON_BYTES, _json)

    def toml(self, path: str) -> Table:
        """Returns what a TOML file says; empty where there is none."""
        return self._table(path, MAX_TOML_BYTES, _toml)

    def text(self, path: str) -> str:
        """Returns the text of a file in a format of its own; empty where there is none."""
        return str(self._table(path, MAX_JSON_BYTES, lambda text: {"": text}).get("", ""))

    def _table(self, path: str, most: int, read: Callable[[str], Any]) -> Table:
        if path not in self._tables:
            self._tables[path] = self._read(path, most, read) if path in self._snapshot else {}
        return self._tables[path]

    def _read(self, path: str, most: int, read: Callable[[str], Any]) -> Table:
        size = self._snapshot.lengths[self._snapshot.index(path)]
        self._left -= size
        if size > most or self._left < 0:
            self.unread[path] = "too large"
            return {}
        try:
            table = read(self._snapshot.text(path).lstrip("\ufeff"))
        except (ValueError, RecursionError):
            self.unread[path] = "broken"
            return {}
        return table if isinstance(table, dict) else {}


def table(value: Any, *keys: str) -> Table:
    """Returns the table that some keys lead to; empty where there is something else, or too much."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) and len(value) <= _MAX_ENTRIES else {}


def text(value: Any) -> str:
    """Returns a text; empty where there is something else, or a very long one."""
    return value if isinstance(value, str) and len(value) <= _MAX_CHARS else ""


def texts(value: Any) -> list[str]:
    """Returns the texts of a list, or the one that stands for it."""
    items = value[:_MAX_ENTRIES] if isinstance(value, list) else [value]
    return [item for item in map(text, items) if item]


def _toml(source: str) -> Table:
    if _LONG_KEY.search(source):
        raise ValueError("a key has too many parts")
    return tomllib.loads(source)


def _json(source: str) -> Any:
    try:
        return json.loads(source)
    except ValueError:
        plain = _STRING_OR_COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else " ", source)
        return json.loads(
            _STRING_OR_LAST_COMMA.sub(lambda found: found[0] if found[0].startswith('"') else "", plain)
        )
