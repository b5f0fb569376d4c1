"""What the WebAssembly component is built from: all that a guest needs, and no more."""

from __future__ import annotations

import grimp

from rlm_core.sandbox.host import guest_modules


def test_the_list_is_what_the_entry_point_imports() -> None:
    graph = grimp.build_graph("rlm_core", exclude_type_checking_imports=True, cache_dir=None)
    modules: set[str] = set()
    left = {guest_modules.ENTRY}
    while left:
        modules.add(module := left.pop())
        package = module.rpartition(".")[0]  # is imported first
        left |= graph.find_modules_directly_imported_by(module) | ({package} if package else set())
        left -= modules
    assert sorted(modules) == guest_modules.MODULES
