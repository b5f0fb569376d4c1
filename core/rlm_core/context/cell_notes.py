"""Cell notes: what a program is told of its `context` when a cell has ended."""

from __future__ import annotations

from typing import Any

from rlm_core.context.coverage import Coverage
from rlm_core.context.cuts import Cuts
from rlm_core.context.module_loader import ModuleLoader


def cell_notes(context: object) -> dict[str, list[Any]]:
    """Returns what has come up since the last cell, and forgets it.

    `cuts` are sentences about lists that lack something, where that was not printed; `loaded` the modules of
    the repository that ran; `stubbed` what was taken from stubs; `looked` how many files have been searched
    and opened so far.
    """
    cuts, loader = getattr(context, "_cuts", None), getattr(context, "_loader", None)
    notes: dict[str, list[Any]] = {"cuts": cuts.untold() if isinstance(cuts, Cuts) else []}
    coverage = getattr(context, "coverage", None)
    if isinstance(coverage, Coverage):
        notes["looked"] = [coverage.searched, coverage.opened]
    if isinstance(loader, ModuleLoader):
        notes |= {"loaded": list(dict.fromkeys(loader.ran)), "stubbed": list(dict.fromkeys(loader.stubbed))}
        loader.ran.clear()
        loader.stubbed.clear()
    return notes
