"""Report of a run: a tool's result, page by page."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rlm_core.boundary import Boundary
from rlm_core.engine.answer_markdown import markdown
from rlm_core.models.first_program import BOUND, first_program
from rlm_core.models.offline import NAME
from rlm_core.wording import bullet_list
from rlm_mcp.server.tools.common import tool_result
from rlm_mcp.server.tools.output_schemas import RunReport
from rlm_mcp.server.tools.pages import page
from rlm_mcp.server.tools.repl_result import repl_fields, repl_text

if TYPE_CHECKING:
    from mcp.types import CallToolResult

    from rlm_core.engine.answer import Answer
    from rlm_core.runs import RunHandle
    from rlm_mcp.server.tools.repl_calls import ReplCall

# Lists beyond this are cut, and said so; the run's resource has all.
SHOWN = 100
PROGRESS_LINES = 12
NOBODY = "No language model is configured here, so nobody has answered: this is what a first search found."


def search_report(call: ReplCall) -> CallToolResult:
    """What a first search has found, and how its reader goes on in the session in which it was made."""
    repl = repl_fields(call)
    running = repl.status == "running"
    if running:
        repl.next = f"No language model is configured here; a first search is under way. {repl.next}"
    else:
        variables = {variable.partition(" ")[0] for variable in repl.variables}
        names = [name for name in BOUND if name in variables]
        code = "context.show(*places[:3])" if "places" in names else "context.tree()"
        go_on = (
            f"Go on as the root model, for example with rlm_repl(session={repl.session!r}, code={code!r})."
        )
        has = f"Its variables: {', '.join(names)}." if names else ""
        repl.next = " ".join(filter(None, (NOBODY, repl.next, go_on, has)))
    fields = RunReport(
        session=repl.session,
        status="running" if running else "extract",
        next=repl.next,
        answer="\n".join(filter(None, (repl.output, repl.error))),
        page=repl.page,
        pages=repl.pages,
        reason="" if running else NOBODY,
        changed=repl.changed,
        notes=repl.notes,
        model=NAME,
        snapshot=repl.snapshot,
    )
    return tool_result(fields, repl_text(repl, f"session {repl.session}: {fields.status}"))


def run_report(run: RunHandle, number: int = 1) -> CallToolResult:
    """Where a run stands, or a page of its answer."""
    if run.answer is None:
        return _unfinished(run)
    text, number, count = page(run.answer.answer, number)
    answer = _cut(dataclasses.replace(run.answer, answer=text), run)
    fields = RunReport.model_validate(
        {
            **dataclasses.asdict(answer),
            "page": number,
            "pages": count,
            "next": _next(run, answer, number, count),
        }
    )
    boundary = Boundary()
    head = f"[run {run.id}: {answer.status}] {boundary.told}"
    shown = markdown(
        dataclasses.replace(run.answer, answer=text, notes=answer.notes),
        lambda words: boundary.enclose("answer", words.strip()),
        SHOWN,
    )
    pages = f"(page {number} of {count})" if count > 1 else ""
    more = " ".join(filter(None, (pages, fields.next)))
    return tool_result(fields, "\n".join(filter(None, (f"{head}\n\n{shown}", more))))


def _next(run: RunHandle, answer: Answer, number: int, count: int) -> str:
    if number < count:
        return f"rlm_result(run={run.id!r}, page={number + 1}) has the next page."
    if answer.status != "extract":
        return ""
    return (
        "No language model has answered, so nobody has judged this. Be the root model yourself: begin with "
        f"rlm_repl(code={first_program(run.question)!r})."
    )


def _cut(answer: Answer, run: RunHandle) -> Answer:
    """The answer with its lists cut to what a window can take."""
    lists = {name: getattr(answer, name) for name in ("citations", "unverified", "changed", "notes")}
    notes = [
        f"{len(items) - SHOWN} more {name} are listed in rlm://run/{run.id}."
        for name, items in lists.items()
        if len(items) > SHOWN
    ]
    kept = {name: items[:SHOWN] for name, items in lists.items()}
    return dataclasses.replace(answer, **{**kept, "notes": [*kept["notes"], *notes]})


def _unfinished(run: RunHandle) -> CallToolResult:
    progress = run.progress(PROGRESS_LINES)
    following = ""
    if run.state == "running":
        following = (
            f"The run goes on. Call rlm_result(run={run.id!r}) to wait for it, or with cancel=true to end it."
        )
    fields = RunReport(
        run_id=run.id,
        status=run.state,
        next=following,
        reason=run.error,
        progress=progress,
        usage=dataclasses.asdict(run.usage) if run.usage else {},
    )
    lines = bullet_list(progress or ["nothing yet"])
    so_far = f"So far:\n{lines}" if run.state == "running" else ""
    text = "\n\n".join(filter(None, (f"Run {run.id} is {run.state}.", run.error, so_far, following)))
    return tool_result(fields, text)
