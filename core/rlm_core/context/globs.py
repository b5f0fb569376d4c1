"""Globs: which files one means, by the rules that gitignore files and ripgrep's `-g` have taught everyone."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import re2
from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

from rlm_core.context.suggest import close_matches, did_you_mean
from rlm_core.errors import QueryError
from rlm_core.wording import truncate
from rlm_core.workspace.posix_classes import without_posix_classes

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot

Glob = str | Sequence[str]
Matcher = Callable[[str], object]
_CACHED_GLOBS = 64
# The server matches globs, too, over paths that a hostile repository has chosen.
MAX_CHARS = 1000  # of one glob
MAX_PATTERNS = 256  # of one list, alternatives counted, paths of files not
MAX_SECONDS = 10.0  # for one list over all paths
_MAX_ALTERNATIVES = 64
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_WILD = re.compile(r"[*?\[{]")
_STARS = re.compile(r"\*+")
# Of the expressions that pathspec writes: an escape, or a class as gitignore(5) has it.
_ESCAPE_OR_CLASS = re.compile(r"\\.|\[\^?\]?[^]]*\]", re.DOTALL)


class Globs:
    """Globs over one snapshot; what they matched is kept."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._rows: OrderedDict[tuple[str, ...], Sequence[int]] = OrderedDict()

    def rows(self, glob: Glob | None) -> Sequence[int]:
        """Returns the rows of the files that a glob means, ascending.

        `*.py` and `name` match at any depth, `src/*.py` from the root, `src/` a folder and all in it,
        `{a,b}` either, and `!…` takes away what patterns before it gave. What is the path of a file means
        just this file. None means every file.

        Raises:
            QueryError: it is not a pattern, or more than can be matched.
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
        if all(glob in self._snapshot for glob in globs):
            return sorted({self._snapshot.index(glob) for glob in globs})
        matchers = self._matchers(globs)
        if not matchers:
            return []
        # Only negations: everything but those.
        start = all(not include for include, _ in matchers)
        matchers.reverse()
        rows: list[int] = []
        deadline = time.monotonic() + MAX_SECONDS
        for row, path in enumerate(self._snapshot.paths):
            for include, match in matchers:
                if match(path):
                    if include:
                        rows.append(row)
                    break
            else:
                if start:
                    rows.append(row)
            if time.monotonic() >= deadline:
                raise QueryError(
                    f"To match {_shown(globs)} took longer than {MAX_SECONDS:g} s, for {row + 1:,} of "
                    f"{len(self._snapshot):,} files; use fewer wildcards, or name a folder."
                )
        return rows

    def _matchers(self, globs: Sequence[str]) -> list[tuple[bool, Matcher]]:
        """What the globs match, each with whether it includes."""
        matchers: list[tuple[bool, Matcher]] = []
        files: set[str] | None = None  # of the last matcher, if it matches files by their paths
        patterns = 0
        for glob in globs:
            if glob in self._snapshot:
                if files is None:
                    files = set()
                    matchers.append((True, files.__contains__))
                files.add(glob)
                continue
            files = None
            compiled = _compiled(glob)
            patterns += len(compiled)
            if patterns > MAX_PATTERNS:
                raise QueryError(
                    f"{len(globs):,} globs are more than {MAX_PATTERNS} patterns, alternatives in braces "
                    "counted; name the folder that the files are in, or each file by its whole path."
                )
            matchers += compiled
        return matchers

    def no_match_note(self, glob: Glob) -> str:
        """A sentence about a glob that matches nothing, with the names that come near."""
        globs = [glob] if isinstance(glob, str) else list(glob)
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
        return f"No file matches {_shown(globs)}. {did_you_mean(suggestions)}".rstrip()


def _shown(globs: Sequence[str]) -> str:
    return truncate(", ".join(repr(str(item)) for item in globs), MAX_CHARS)


def _compiled(glob: str) -> list[tuple[bool, Matcher]]:
    """The matchers of one glob, each with whether it includes."""
    if not isinstance(glob, str):
        raise QueryError(f"A glob is a string or a list of strings, not {type(glob).__name__}.")
    if len(glob) > MAX_CHARS:
        raise QueryError(
            f"A glob of {len(glob):,} characters is too long ({glob[:40]!r}…): {MAX_CHARS:,} are allowed."
        )
    negated = glob.startswith("!")
    plain = glob[negated:].strip().removeprefix("./")
    if plain in {"", ".", "/"}:
        plain = "**"
    compiled: list[tuple[bool, Matcher]] = []
    for alternative in _expand_braces(plain):
        try:
            matcher = _matcher(alternative)
        except ValueError as error:
            raise QueryError(f"The glob {glob!r} is not a pattern: {error}.") from None
        except re2.error as error:
            why = error.args[0].decode("utf-8", "replace")
            raise QueryError(f"The glob {glob!r} is not a pattern: {why}.") from None
        if matcher is not None:
            compiled.append((not negated, matcher))
    return compiled


def _matcher(glob: str) -> Matcher | None:
    """What searches a path for a glob without braces; None where it means nothing.

    Of a glob with many stars `re` would try every way to share a path out among them. RE2 takes linear
    time, but ten times that of `re` for what most globs are, over texts as short as paths.

    Raises:
        ValueError: it is not a pattern.
        re2.error: it is not a pattern.
    """
    glob = without_posix_classes(glob)
    expression, _ = GitIgnoreBasicPattern.pattern_to_regex(f"\\{glob}" if glob.startswith("#") else glob)
    if expression is None:
        return None
    if "[" not in glob and glob.count("**") <= 1 and len(_STARS.findall(glob)) <= 2:
        return re.compile(expression).search
    options = re2.Options()
    options.log_errors = False
    searches: Matcher = re2.compile(_ESCAPE_OR_CLASS.sub(_with_plain_brackets, expression), options).search
    return searches


def _with_plain_brackets(part: re.Match[str]) -> str:
    """A class in which `[` stands for itself, as pathspec means it: RE2 takes `[[:` for more than that."""
    text = part[0]
    return text if text.startswith("\\") else "[" + text[1:].replace("[", "\\[")


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
