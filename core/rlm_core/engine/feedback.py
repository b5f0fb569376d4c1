"""Feedback: what the model is told after a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.sandbox.wire import KEPT_CHARS, PRINTED, UNKNOWN
from rlm_core.wording import comma_list, elide, escaped, escaped_name, pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.boundary import Boundary
    from rlm_core.engine.cells import Cells
    from rlm_core.engine.turn_parser import Turn
    from rlm_core.models import Completion
    from rlm_core.sandbox.base import CellResult, Variable

ERROR_CHARS = 6000
SHOWN_VARIABLES = 40
SHOWN_MODULES = 20
AFTER_FAILURE = (
    "What ran before the error stays. To change some lines of a failed cell and run all of it again, do not "
    "send it again: RERUN(number in `<cell number>`, old text, new text)."
)
CUTS_NOTE = "These lists are not whole (a higher limit= or a narrower glob gives all):"


def report(turn: Turn, cells: Cells, completion: Completion, boundary: Boundary) -> str:
    """The outcome of a turn's programs, or what was missing from a turn without any.

    All that a program could have chosen the words of is enclosed; only names of variables that were lost
    are not, which are escaped.
    """
    parts = []
    if completion.truncated:
        parts.append("Your reply was cut at your output limit. Write shorter turns.")
    several = len(turn.blocks) > 1
    for number, result in enumerate(cells.results, 1):
        parts.append(_outcome(f"Block {number}" if several else "The program", result, boundary))
    if cells.skipped:
        last = len(cells.results)
        why = f"block {last} gave a final answer"
        parts.append(f"{pluralize(cells.skipped, 'block')} after block {last} did not run, because {why}.")
    if cells.failed:
        parts.append(AFTER_FAILURE)
    if cells.unclosed:
        parts.append("The last block was cut off, so it did not run. Send it again, shorter.")
    if not turn.blocks and turn.final is None:
        parts.append(_without_code(turn))
    if changed := _changed(cells):
        parts.append(_variables(changed, boundary))
    return "\n\n".join(parts)


def _outcome(name: str, result: CellResult, boundary: Boundary) -> str:
    if result.unmet:
        return f"{name} did not run: {_unmet(result)}."
    parts = []
    if result.output.strip():
        parts.append(f"{name} printed:\n{boundary.enclose('output', result.output)}")
    if result.omitted:
        parts.append(f"[{omitted_note(result)}]")
    if result.error is not None:
        parts.append(f"{name} failed:\n{boundary.enclose('error', shown_error(result.error))}")
    if result.cuts:
        parts.append(f"{CUTS_NOTE}\n{boundary.enclose('cuts', shown_cuts(result))}")
    if result.loaded:
        parts.append(f"[{loaded_note(result)}]")
    if result.unanswered:
        parts.append(f"[{unanswered_note(result)}]")
    if result.lost:
        parts.append(f"The REPL was restarted, and these names are gone: {lost_names(result)}.")
    if result.final is not None and result.error is not None:
        parts.append("FINAL was called, but the program failed, so it does not count.")
    return "\n".join(parts) or f"{name} ran and printed nothing."


def _unmet(result: CellResult) -> str:
    if result.unmet[0] == UNKNOWN:
        return "which names the failed block should have bound is not known"
    names = comma_list([escaped_name(name) for name in result.unmet], SHOWN_VARIABLES)
    return f"it uses {names}, and a block before it failed"


def _without_code(turn: Turn) -> str:
    if turn.other_fences:
        return (
            "No program ran: a block runs only when its fence is tagged, like ```repl. "
            "Send it again with the tag, or finish with FINAL(...) or FINAL_VAR(name)."
        )
    return (
        "No program and no FINAL was found in your reply. Go on with a ```repl block, "
        "or finish with FINAL(...) or FINAL_VAR(name) at the start of a line."
    )


def _changed(cells: Cells) -> list[Variable]:
    """The variables that a turn has made or changed, as they are after it."""
    names = {name for result in cells.results for name in result.changed}
    return [variable for variable in cells.results[-1].variables if variable.name in names] if names else []


def _variables(variables: Sequence[Variable], boundary: Boundary) -> str:
    shown = comma_list([str(variable) for variable in variables], SHOWN_VARIABLES)
    advice = "\nSHOW_VARS() lists all of them." if len(variables) > SHOWN_VARIABLES else ""
    return boundary.enclose("variables", shown) + advice


def shown_cuts(result: CellResult) -> str:
    """What a program was given in part, each on a line."""
    return "\n".join(map(escaped, result.cuts))


def omitted_note(result: CellResult) -> str:
    """A sentence about what was cut out of the output, and where it is."""
    printed = len(result.output) + result.omitted
    of = f"the first {KEPT_CHARS:,} of {printed:,}" if printed > KEPT_CHARS else "all that was printed"
    return (
        f"{pluralize(result.omitted, 'character')} in the middle of the output are not shown; the variable "
        f"{PRINTED} has {of}."
    )


def lost_names(result: CellResult) -> str:
    """The names that a session has lost, for a sentence: a worker says what they are."""
    return comma_list([escaped_name(name) for name in result.lost], SHOWN_VARIABLES)


def loaded_note(result: CellResult) -> str:
    """A sentence about the code of the repository that a program has run: a worker says which."""
    loaded = comma_list([_dotted(name) for name in result.loaded], SHOWN_MODULES)
    note = f"Modules of the repository that ran: {loaded}."
    if result.stubbed:
        note += f" Taken from stubs: {comma_list([_dotted(name) for name in result.stubbed], SHOWN_MODULES)}."
    return note


def _dotted(name: str) -> str:
    return name if all(part.isidentifier() for part in name.split(".")) else repr(name)


def unanswered_note(result: CellResult) -> str:
    """A sentence about calls that nobody waited for."""
    calls = pluralize(result.unanswered, "call was", "calls were")
    return (
        f"{calls} still under way when the cell ended, and cancelled, though a model may have been asked "
        "already: join threads before a cell ends."
    )


def shown_error(error: str) -> str:
    """A traceback as far as it is shown: how it begins and, with the reason, ends."""
    return elide(error.rstrip(), ERROR_CHARS // 2, ERROR_CHARS // 2)
