"""Files that scripts of a shell read, by a path that may begin with a variable."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from rlm_core.context.module_resolution.layout import Mentions

if TYPE_CHECKING:
    from rlm_core.context.module_resolution.layout import Layout

_VARIABLE = re.compile(r"""^["']?(?:\$\{?\w+\}?|\$\([^)]*\)|__DIR__|dirname\(__FILE__\))["']?[\s./]*""")


class ShellModules:
    """Resolves `source`, and what PHP includes."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def resolve(self, path: str, module: str, _inside: tuple[str, ...] = ()) -> str:
        """Returns the file of a path, as far as it is written out."""
        name = _VARIABLE.sub("", module).strip("'\"").lstrip("/")
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        for candidate in (beside, posixpath.normpath(name)):
            if candidate in self._layout.snapshot:
                return candidate
        return "" if "$" in name else self._layout.ending(path, name.removeprefix("./"))

    def mentions(self, path: str) -> Mentions:
        """Returns how scripts name a file."""
        return Mentions([posixpath.basename(path)])
