"""Walk over the workspace: each file's facts go to the host in a call of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MAX_CHARS = 6_000_000  # of a file's facts as JSON: what one call to the host takes, with room
MAX_WORDS = 50_000  # of a file that is not parsed


def hand_over(
    context: Any,
    paths: Iterable[str],
    facts_of: Callable[[str, str], dict[str, Any]],
    take_facts: Callable[[str], object],
    ended: Mapping[str, str],
) -> None:
    """Hands over the facts of files, in order.

    Args:
        context: the workspace.
        paths: which files.
        facts_of: gives the facts of one, by path and text, as `benchmarks.evals.suites.facts.FileFacts` has
            them; raises `ValueError` with a sentence where the file is not of the language.
        take_facts: the host's function; takes JSON.
        ended: files that have ended an earlier program, and how: of these only the words are told.
    """
    for path in paths:
        text = context[path]
        if path in ended:
            take_facts(_unparsed(path, text, ended[path]))
            continue
        try:
            said = json.dumps(facts_of(path, text), separators=(",", ":"))
        except (ValueError, RecursionError, MemoryError) as error:
            said = _unparsed(path, text, str(error) or type(error).__name__)
        if len(said) > MAX_CHARS:
            said = _unparsed(path, text, f"its facts are {len(said):,} characters")
        take_facts(said)


def _unparsed(path: str, text: str, why: str) -> str:
    words = sorted({word for word in re.findall(r"\w+", text) if len(word) <= 200})
    if len(words) > MAX_WORDS:
        words, why = words[:MAX_WORDS], f"{why} (only {MAX_WORDS:,} of its words are known)"
    return json.dumps({"path": path, "language": "", "parsed": False, "why": why[:1_000], "names": words})
