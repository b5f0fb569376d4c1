"""Oracle leaf: says of each item named in its prompt what the suite's labels say, and nothing else.

It tests how items are split, asked and put together again, without a model (the paper's own way to tell the
loop's errors from the leaf's is an ablation; arXiv 2512.24601).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.models.base import Completion, estimated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rlm_core.models.base import Message

_NAME = re.compile(r"[A-Za-z]+-\d+")


class OracleLeaf:
    """Answers from labels.

    Args:
        labels: by item.
    """

    name = "oracle"

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels

    async def complete(
        self, messages: Sequence[Message], *, on_retry: Callable[[str], None] | None = None
    ) -> Completion:
        """A line `item: label` for each item that the last message names, in its order."""
        del on_retry
        named = dict.fromkeys(_NAME.findall(messages[-1].content))
        text = "\n".join(f"{item}: {self._labels[item]}" for item in named if item in self._labels)
        return Completion(text, self.name, estimated(messages, text))

    async def reach(self) -> str | None:
        """Always there."""
        return None

    async def close(self) -> None:
        """Holds nothing."""
