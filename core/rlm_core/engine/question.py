"""Question: one from start to answer; sets up the tree of runs, listens, checks, closes."""

from __future__ import annotations

import asyncio
import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from rlm_core.config import state_dir
from rlm_core.context.facts import facts
from rlm_core.engine import prompts
from rlm_core.engine.children import Children
from rlm_core.engine.citations import check_citations, with_symbols
from rlm_core.engine.event_stream import EventStream, new_run_id
from rlm_core.engine.events import ROOT
from rlm_core.engine.run import Run
from rlm_core.engine.run_reporter import RunReporter
from rlm_core.engine.run_tree import RunTree
from rlm_core.engine.trace import Trace
from rlm_core.well_formed import well_formed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.config import Settings
    from rlm_core.engine.answer import Answer
    from rlm_core.engine.events import Listener
    from rlm_core.models import Models
    from rlm_core.sandbox.base import Sandbox
    from rlm_core.workspace.snapshot import Snapshot


async def ask(
    question: str,
    snapshot: Snapshot,
    *,
    models: Models,
    sandbox: Sandbox,
    settings: Settings,
    listeners: Sequence[Listener] = (),
    notes: Sequence[str] = (),
    subject: str = "",
    run_id: str = "",
) -> Answer:
    """Answers a question over a snapshot; cancelling it ends every session and request under way.

    Args:
        question: what to find out; lone surrogates in it are replaced.
        snapshot: the context.
        models: who answers; they stay the caller's to close.
        sandbox: where programs run; it stays the caller's to close.
        settings: limits, prices and whether to record a trace.
        listeners: called with each event, on the event loop.
        notes: sentences for the answer's notes, from the caller.
        subject: what of the code the question is about, as data; not recorded in the trace.
        run_id: from `new_run_id`, where the caller has to know it before the run starts.

    Raises:
        ModelError: the root model failed before anything was known.
        SandboxError: no session can be had.
    """
    question = well_formed(question)
    stream, trace = await _listen(run_id or new_run_id(), settings, listeners)
    try:
        for note in (*models.notes, *notes):
            stream.note(note)
        about = await asyncio.to_thread(facts, snapshot)
        opening = partial(prompts.code_opening, question, well_formed(subject), about)
        tree = RunTree.of(models, sandbox, settings, stream, snapshot)
        reporter = RunReporter(tree, ROOT, models.root, snapshot.id, len(snapshot), snapshot.total_bytes)
        reporter.started(question)
        with stream.reporting_failure(ROOT):
            run = Run(tree, models.root, snapshot, opening, Children.of(tree, ROOT, 0), ROOT)
            outcome = await run.outcome()
            checked = await asyncio.to_thread(check_citations, outcome.text, snapshot)
            if checked.note:
                stream.note(checked.note)
            citations = checked.citations
            if citations:
                citations = await with_symbols(citations, snapshot, sandbox)
        answer = reporter.completed(outcome, citations, checked.unverified, stream.notes)
        # Somebody who was told of the answer may have failed at that.
        return dataclasses.replace(answer, notes=list(stream.notes))
    finally:
        if trace is not None:
            trace.close()


async def _listen(
    run_id: str, settings: Settings, listeners: Sequence[Listener]
) -> tuple[EventStream, Trace | None]:
    if not settings.trace:
        return EventStream(run_id, listeners), None
    try:
        trace = await asyncio.to_thread(Trace, state_dir() / "runs", run_id)
    except OSError as error:
        stream = EventStream(run_id, listeners)
        stream.note(f"This run is not recorded: {error}.")
        return stream, None
    return EventStream(run_id, [trace, *listeners]), trace
