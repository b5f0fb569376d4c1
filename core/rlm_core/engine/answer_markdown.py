"""Markdown of an answer: what a terminal prints and an assistant shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.engine.progress_text import spent
from rlm_core.wording import bullet_list, escaped, pluralize

if TYPE_CHECKING:
    from collections.abc import Callable

    from rlm_core.engine.answer import Answer, Citation, Coverage


def markdown(answer: Answer, enclose: Callable[[str], str] = str.strip, most: int | None = None) -> str:
    """The answer with its status, checked citations, notes and cost.

    Args:
        answer: what to show.
        enclose: sets the model's own words apart from the rest, where a model reads both.
        most: how many places are listed; how many more there are is said.
    """
    parts = [enclose(answer.answer)]
    if answer.status == "incomplete":
        parts.insert(0, f"> **Incomplete:** {answer.reason}")
    if answer.citations:
        parts.append(
            "### Citations\n\n" + bullet_list([cite(citation) for citation in answer.citations], most)
        )
    if answer.unverified:
        parts.append(
            "### Unverified\n\nCited, but not in the snapshot:\n\n"
            + bullet_list([f"`{escaped(text)}`" for text in answer.unverified], most)
        )
    if answer.changed:
        parts.append(
            "### Changed meanwhile\n\nCited as they were when the question was asked:\n\n"
            + bullet_list([f"`{escaped(path)}`" for path in answer.changed], most)
        )
    if answer.notes:
        parts.append("### Notes\n\n" + bullet_list(answer.notes))
    parts.append(f"*{looked_at(answer.coverage)}*")
    return "\n\n".join([*parts, f"*{footer(answer)}*"]) + "\n"


def cite(citation: Citation) -> str:
    """`path:start-end` and the symbol around it, which may be called anything (a heading is one)."""
    symbol = (citation.symbol or "").replace("`", "'")
    return f"`{escaped(citation.place)}`" + (f" `{symbol}`" if symbol else "")


def looked_at(coverage: Coverage) -> str:
    """What an answer rests on, in numbers of files, and what nobody has looked at."""
    left_out = f", {coverage.left_out:,} left out" if coverage.left_out else ""
    return (
        f"{pluralize(coverage.files, 'file')}: {coverage.searched:,} searched, {coverage.opened:,} opened, "
        f"{coverage.named:,} named to a model{left_out}"
    )


def footer(answer: Answer) -> str:
    """Who answered, from what, for how much.

    An answer may have a heading "Citations" of its own; after this line nothing of it can come. So it says
    how many places were checked.
    """
    usage = answer.usage
    unverified = f", {len(answer.unverified):,} unverified" if answer.unverified else ""
    return (
        f"{answer.model} · {pluralize(len(answer.citations), 'citation')} checked{unverified} · "
        f"{pluralize(usage.turns, 'turn')}, {spent(usage)} · {usage.seconds:.1f} s · "
        f"snapshot {answer.snapshot} · run {answer.run_id}"
    )
