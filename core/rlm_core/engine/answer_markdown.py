"""Markdown of an answer: what a terminal prints and an assistant shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.engine.progress_text import spent

if TYPE_CHECKING:
    from rlm_core.engine.answer import Answer, Citation


def markdown(answer: Answer) -> str:
    """The answer with its status, checked citations, notes and cost."""
    parts = [answer.answer.strip()]
    if answer.status == "incomplete":
        parts.insert(0, f"> **Incomplete:** {answer.reason}")
    if answer.citations:
        parts.append("### Citations\n\n" + _bullets([cite(citation) for citation in answer.citations]))
    if answer.unverified:
        parts.append(
            "### Unverified\n\nCited, but not in the snapshot:\n\n"
            + _bullets([f"`{text}`" for text in answer.unverified])
        )
    if answer.changed:
        parts.append(
            "### Changed meanwhile\n\nCited as they were when the question was asked:\n\n"
            + _bullets([f"`{path}`" for path in answer.changed])
        )
    if answer.notes:
        parts.append("### Notes\n\n" + _bullets(answer.notes))
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
    turns = f"{usage.turns} turn" + ("" if usage.turns == 1 else "s")
    return (
        f"{answer.model} · {turns}, {spent(usage)} · {usage.seconds:.1f} s · "
        f"snapshot {answer.snapshot} · run {answer.run_id}"
    )


def _bullets(items: list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
