"""Imports go in no circle; what may import what is held by the contracts in pyproject.toml."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp


def test_no_modules_import_each_other() -> None:
    graph = grimp.build_graph(
        "rlm_core", "rlm_mcp", "rlm_lsp", exclude_type_checking_imports=True, cache_dir=None
    )
    TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    ).prepare()  # raises CycleError, which names the circle
