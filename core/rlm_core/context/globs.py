"""Globs: which files one means, by the rules that gitignore files and ripgrep's `-g` have taught everyone."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

from rlm_core.context.suggest import close_matches, did_you_mean
from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot

Glob = str | Sequence[str]
_CACHED_GLOBS = 64
_MAX_ALTERNATIVES = 64
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_WILD = re.compile(r"[*?\[{]")


class Globs:
    """Globs over one snapshot; what they matched is kept."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._rows: OrderedDict[tuple[str, ...], Sequence[int]] = OrderedDict()

    def rows(self, glob: Glob | None) -> Sequence[int]:
        """Returns the rows of the files that a glob means, ascending.

        `*.py` and `name` match at any depth, `src/*.py` from the root, `src/` a folder and all in it,
        `{a,b}` either, and `!…` takes away what patterns before it gave. None means every file.

        Raises:
            QueryError: it is not a pattern.
        """
        if glob is None:
            return range(len(self._snapshot))
        key = (glob,) if isinstance(glob, str) else tuple(glob)
        if key in self._rows:
            self._rows.move_to_end(key)
        else:
            self._rows[key] = self._matching(key)
            if len(self._rows) > _CACHED_GLOBS:
                self._rows.popitem(last=False)
        return self._rows[key]

    def _matching(self, globs: Sequence[str]) -> Sequence[int]:
        if len(globs) == 1 and globs[0] in self._snapshot:
            return [self._snapshot.index(globs[0])]
        patterns = [compiled for glob in globs for compiled in _compiled(glob)]
        if not patterns:
            return []
        # Only negations: everything but those.
        start = all(not include for include, _ in patterns)
        rows: list[int] = []
        for row, path in enumerate(self._snapshot.paths):
            for include, pattern in reversed(patterns):
                if pattern.match(path):
                    if include:
                        rows.append(row)
                    break
            else:
                if start:
                    rows.append(row)
        return rows

    def no_match_note(self, glob: Glob) -> str:
        """A sentence about a glob that matches nothing, with the names that come near."""
        globs = [glob] if isinstance(glob, str) else list(glob)
        shown = ", ".join(repr(str(item)) for item in globs)
        if not len(self._snapshot):
            return "The workspace has no files."
        names = {part for path in self._snapshot.paths for part in path.split("/")}
        parts = {part for item in globs for part in item.lstrip("!/").split("/")}
        unknown = sorted(part for part in parts if part and not _WILD.search(part) and part not in names)
        wild = sorted(part for part in parts if part.startswith("*.") and not _WILD.search(part[2:]))
        if not unknown and wild:
            extensions = {f"*.{name.rpartition('.')[2]}" for name in names if "." in name}
            suggestions = close_matches(wild[0], extensions)
        else:
            suggestions = close_matches(unknown[0], names) if unknown else []
        return f"No file matches {shown}. {did_you_mean(suggestions)}".rstrip()


def _compiled(glob: str) -> list[tuple[bool, re.Pattern[str]]]:
    """The expressions of one glob, each with whether it includes."""
    if not isinstance(glob, str):
        raise QueryError(f"A glob is a string or a list of strings, not {type(glob).__name__}.")
    negated = glob.startswith("!")
    plain = glob[negated:].strip().removeprefix("./")
    if plain in {"", ".", "/"}:
        plain = "**"
    compiled: list[tuple[bool, re.Pattern[str]]] = []
    for alternative in _expand_braces(plain):
        escaped = f"\\{alternative}" if alternative.startswith("#") else alternative
        try:
            pattern = GitIgnoreBasicPattern(escaped)
        except ValueError as error:
            raise QueryError(f"The glob {glob!r} is not a pattern: {error}.") from None
        if pattern.regex is not None:
            compiled.append((not negated, pattern.regex))
    return compiled


def _expand_braces(glob: str) -> list[str]:
    """`*.{a,b}` → `*.a`, `*.b`; gitignore has no braces, but everyone writes them."""
    done: list[str] = []
    pending = [glob]
    while pending:
        item = pending.pop()
        braces = _BRACES.search(item)
        if not braces:
            done.append(item)
            continue
        options = braces[1].split(",")
        if len(pending) + len(done) + len(options) > _MAX_ALTERNATIVES:
            raise QueryError(f"The glob {glob!r} has more than {_MAX_ALTERNATIVES} alternatives.")
        pending.extend(item[: braces.start()] + option + item[braces.end() :] for option in options)
    return done
