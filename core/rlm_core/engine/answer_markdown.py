"""Markdown of an answer: what a terminal prints and an assistant shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.engine.progress_text import spent
from rlm_core.wording import bullet_list, pluralize

if TYPE_CHECKING:
    from rlm_core.engine.answer import Answer, Citation


def markdown(answer: Answer) -> str:
    """The answer with its status, checked citations, notes and cost."""
    parts = [answer.answer.strip()]
    if answer.status == "incomplete":
        parts.insert(0, f"> **Incomplete:** {answer.reason}")
    if answer.citations:
        parts.append("### Citations\n\n" + bullet_list([cite(citation) for citation in answer.citations]))
    if answer.unverified:
        parts.append(
            "### Unverified\n\nCited, but not in the snapshot:\n\n"
            + bullet_list([f"`{text}`" for text in answer.unverified])
        )
    if answer.changed:
        parts.append(
            "### Changed meanwhile\n\nCited as they were when the question was asked:\n\n"
            + bullet_list([f"`{path}`" for path in answer.changed])
        )
    if answer.notes:
        parts.append("### Notes\n\n" + bullet_list(answer.notes))
    return "\n\n".join([*parts, f"*{footer(answer)}*"]) + "\n"


def cite(citation: Citation) -> str:
    """`path:start-end` and the symbol around it."""
    lines = f"{citation.start_line}"
    if citation.end_line != citation.start_line:
        lines += f"-{citation.end_line}"
    return f"`{citation.path}:{lines}`" + (f" {citation.symbol}" if citation.symbol else "")


def footer(answer: Answer) -> str:
    """Who answered, from what, for how much."""
    usage = answer.usage
    return (
        f"{answer.model} · {pluralize(usage.turns, 'turn')}, {spent(usage)} · {usage.seconds:.1f} s · "
        f"snapshot {answer.snapshot} · run {answer.run_id}"
    )
