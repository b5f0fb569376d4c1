"""Finish: whether a turn ends the run, and the best that is known when something else ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.engine import prompts
from rlm_core.engine.turn_parser import parse
from rlm_core.wording import elide, fenced, truncate

if TYPE_CHECKING:
    from rlm_core.engine.cells import Cells
    from rlm_core.engine.turn_parser import Final, Turn
    from rlm_core.sandbox.base import Session

NOTHING_KNOWN = "Nothing was found before the run ended."
SHOWN_OUTPUT_CHARS = 4000
SHOWN_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """The final text, or what to tell a model whose finish was not taken (empty when it did not try)."""

    text: str | None = None
    remark: str = ""


class Finish:
    """Judges turns of one run and remembers what they yielded.

    A first answer that was written before any program had looked at the context is sent back once.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._looked = False
        self._sent_back = False
        self._candidate = ""
        self._prose = ""
        self._output = ""

    async def judge(self, turn: Turn, cells: Cells, *, truncated: bool) -> Verdict:
        """Decides about a turn whose programs have run; `truncated` if it was cut at the output limit."""
        looked_before = self._looked
        ran = turn.blocks[: len(cells.results)]
        self._looked = looked_before or any("context" in block.code for block in ran)
        self._remember(turn, cells)
        if cells.final is not None:
            # An answer that stands in the code was written before anything was printed; a computed one not.
            typed = any(cells.final.strip() in block.code for block in ran)
            return self._accept(cells.final, looked=looked_before if typed else self._looked)
        if turn.final is None:
            return Verdict()
        if cells.failed or cells.unclosed:
            return Verdict(remark="FINAL does not count in a turn with a program that failed or was cut off.")
        if truncated and not turn.final.closed:
            return Verdict(remark="FINAL was cut off. Build a long answer in a variable and use FINAL_VAR.")
        if turn.final.variable is not None:
            value = await self._session.value(turn.final.variable)
            if value is not None:
                return self._accept(value, looked=self._looked)
            if not turn.final.text:
                name = truncate(turn.final.variable, SHOWN_NAME_CHARS)
                return Verdict(remark=f"FINAL_VAR: there is no variable {name!r}.")
        # Written together with the turn's programs, so without having seen what they printed.
        return self._accept(turn.final.text, looked=looked_before)

    def _accept(self, text: str, *, looked: bool) -> Verdict:
        if not text.strip():
            return Verdict(remark="FINAL was empty, so it does not count.")
        if looked or self._sent_back:
            return Verdict(text)
        self._sent_back = True
        self._candidate = text
        return Verdict(remark=prompts.NOTHING_SEEN)

    def _remember(self, turn: Turn, cells: Cells) -> None:
        withdrawn = cells.withdrawn or (turn.final.text if turn.final else "")
        self._candidate = withdrawn or self._candidate
        self._prose = turn.prose or self._prose
        printed = [result.output for result in cells.results if result.output.strip()]
        self._output = printed[-1] if printed else self._output

    async def closing_text(self, reply: str) -> str:
        """The answer in a reply to the closing call, which may still use `FINAL`."""
        turn = parse(reply)
        final: Final | None = turn.final
        if final is not None:
            value = await self._session.value(final.variable) if final.variable is not None else None
            text = value or final.text
        else:
            text = turn.prose
        return text.strip() or self.best_known()

    def best_known(self) -> str:
        """What the run has when the model cannot be asked any more: a withdrawn answer, output, or prose."""
        if self._candidate:
            return self._candidate
        parts = [self._prose] if self._prose else []
        if self._output:
            output = elide(self._output.strip(), SHOWN_OUTPUT_CHARS // 2, SHOWN_OUTPUT_CHARS // 2)
            parts.append(f"The last output of the run's programs:\n\n{fenced(output)}")
        return "\n\n".join(parts) or NOTHING_KNOWN
