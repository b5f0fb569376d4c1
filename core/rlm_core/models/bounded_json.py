"""Bounded JSON: a document of a model's endpoint, parsed only where that takes a moment.

`json.loads` runs in one piece, in which nothing else does, on a thread as well; what it takes depends on
how many values there are. Texts, of which a completion consists, cost next to nothing.
"""

from __future__ import annotations

import json
from typing import Any

# What a document has besides the contents of its strings. The longest lists of models have half of it.
STRUCTURE_CHARS = 512 << 10


def loads(data: bytes) -> Any:
    """Returns what a JSON document in UTF-8 says.

    Raises:
        ValueError: it is none, or has more structure, deeper nesting or longer numbers than can be parsed.
    """
    text = data.decode("utf-8-sig", "replace")
    # Without escaped quotes, every other piece between quotes is outside of strings.
    pieces = text.replace("\\\\", "").replace('\\"', "").split('"', STRUCTURE_CHARS)
    if len(pieces) + sum(map(len, pieces[::2])) > STRUCTURE_CHARS:
        raise ValueError("a JSON document of very many values")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("a JSON document that is very deeply nested") from error
