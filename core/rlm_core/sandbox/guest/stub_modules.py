"""Stub modules for the packages that only the worker has.

The modules behind `Context` import them, and the guest needs of those modules only what `Context` looks
like. Nothing in a stub works, and none is left behind for programs to import.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

_PACKAGES = frozenset({"pathspec", "re2", "tree_sitter"})


@contextmanager
def stub_modules() -> Iterator[None]:
    """Lets modules be imported that import a package which is not here."""
    finder = _Finder()
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in finder.found:
            sys.modules.pop(name, None)


class _Finder(MetaPathFinder, Loader):
    """The last finder, which finds what no other did; loads it, too."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Finds only what `_PACKAGES` has, and everything in there."""
        if name.partition(".")[0] not in _PACKAGES:
            return None
        self.found.append(name)
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leaves it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module every name that is asked for."""
        module.__getattr__ = _anything  # type: ignore[method-assign]  # a module may have one (PEP 562)


def _anything(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return object
