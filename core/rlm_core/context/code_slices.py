"""Code of a file (`context.code`): its text with blanks for comments and for what strings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.rows import Slice
from rlm_core.errors import ParseLimitError, QueryError
from rlm_core.syntax.code_only import code_only
from rlm_core.syntax.component_scripts import component_scripts
from rlm_core.syntax.registry import of_source
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.workspace.snapshot import Snapshot


def code(snapshot: Snapshot, search_engine: SearchEngine, row: int) -> Slice:
    """Returns a file's code, as long as its text, letter by letter; the note says what may be left in it.

    Raises:
        QueryError: the file is not parsed, or is text for people.
    """
    path, source = snapshot.paths[row], search_engine.source(row)
    language = of_source(path, source)
    if language is None or not language.parsable:
        why = language.why_unparsed if language else "This kind of file is not parsed"
        raise QueryError(f"{path}: {why}, so its comments and strings are not known.")
    if language.content == "prose":
        raise QueryError(f"{path} is {language.name}: text for people, in which nothing is code.")
    try:
        blanked, error = code_only(source, language)
    except ParseLimitError as limit:
        raise QueryError(f"{path}: {limit}") from None
    lines = split_lines(snapshot.text(path), keepends=True)
    ends = [line[len(line.rstrip("\r\n")) :] for line in lines]
    text = "".join(map(str.__add__, blanked.decode("utf-8", "surrogatepass").split("\n"), ends))
    notes = []
    if language.preprocess is component_scripts:
        notes.append("Comments and strings outside of its scripts are left.")
    if error:
        notes.append(
            f"Line {error} could not be parsed: some comments and strings may be left from there on."
        )
    return Slice.of(text, path, 1, max(len(lines), 1), note=" ".join(notes))
