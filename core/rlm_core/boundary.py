"""Boundary: tags with a nonce around the text that a model reads as data.

    <output 5c1f0a9e27b3>
    whatever a program has printed
    </output 5c1f0a9e27b3>

A file may say `</output>` and go on as if it were us. It cannot say the nonce, which stands in no sandbox
and is told before the first data. Should a model have put it into a program, it is masked where it comes
back, so that between two tags there is never a third.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MASKED = "[the boundary's id]"
ID_CHARS = 12
TOLD = "Boundary id: "


class Boundary:
    """The tags of one conversation, or of one result of a tool.

    Attributes:
        id: the nonce.
    """

    def __init__(self) -> None:
        self.id = secrets.token_hex(ID_CHARS // 2)

    @property
    def told(self) -> str:
        """What says the nonce; it stands before anything that is enclosed."""
        return f"{TOLD}{self.id}"

    def enclose(self, name: str, text: str) -> str:
        """Returns a text between tags, each on a line of its own; white space at its end is left out."""
        # Nobody says that a model tells capitals from small letters where it looks for the id.
        data = re.sub(self.id, MASKED, text.rstrip(), flags=re.IGNORECASE)
        return f"<{name} {self.id}>\n{data}\n</{name} {self.id}>"

    def replace_enclosed(self, text: str, replace: Callable[[str], str]) -> str:
        """Returns a text with what stands between tags replaced."""
        return enclosed(self.id).sub(
            lambda found: self.enclose(found["name"], replace(found["data"])),
            text,
        )


def told_id(message: str) -> str:
    """The nonce that a message tells, in the first place where one could stand."""
    return message.partition(TOLD)[2][:ID_CHARS]


def enclosed(nonce: str) -> re.Pattern[str]:
    """Expression for a tag with a nonce, the `data` in it and the closing tag; `name` is the tag's."""
    return re.compile(
        rf"<(?P<name>[a-z]+(?: \d+)?) {re.escape(nonce)}>\n(?P<data>.*?)\n</(?P=name) {re.escape(nonce)}>",
        re.DOTALL,
    )
