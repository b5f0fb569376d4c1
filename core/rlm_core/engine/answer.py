"""Answer: what a run gives back, the same fields, under the same names, in every face."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["complete", "incomplete", "extract"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in the snapshot that the answer cites; it exists there.

    Attributes:
        path: POSIX path in the workspace.
        start_line: first line, from 1.
        end_line: last line, inclusive.
        symbol: qualified name of the innermost definition around the place, if there is one.
    """

    path: str
    start_line: int
    end_line: int
    symbol: str | None = None

    @property
    def place(self) -> str:
        """`path:line`, or `path:start-end`."""
        end = "" if self.end_line == self.start_line else f"-{self.end_line}"
        return f"{self.path}:{self.start_line}{end}"


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """Tokens (and money, where the price is configured) of one model in one run."""

    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class RunUsage:
    """What a run has spent, its child runs included."""

    turns: int = 0
    sub_calls: int = 0
    seconds: float = 0.0
    models: dict[str, ModelUsage] = field(default_factory=dict)
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Numbers of files: what an answer rests on, and what nobody has looked at.

    Attributes:
        files: in scope.
        searched: in which programs have looked for something.
        opened: of whose text programs were given all or a part.
        named: whose path stood in what was sent to a model.
        left_out: of the workspace but not in scope, as too large, ignored or no text.
    """

    files: int = 0
    searched: int = 0
    opened: int = 0
    named: int = 0
    left_out: int = 0


@dataclass(frozen=True)  # no slots: the MCP SDK takes their descriptors for defaults in the output schema
class Answer:
    """The answer to one question.

    Attributes:
        answer: Markdown.
        status: `incomplete` when a limit ended the run or an error left it without a proper end; `extract`
            when the offline model wrote it, so that it is what a search found and nobody has judged.
        reason: why it is incomplete, as a sentence; else empty.
        citations: places that the text cites, each checked against the snapshot.
        unverified: places that the text cites and that do not exist in the snapshot.
        changed: cited files that say something else by the end of the run than in the snapshot.
        model: the root model's name.
        snapshot: id of the snapshot that was read.
        usage: what it took.
        run_id: names the run's trace.
        coverage: how many files were looked at.
        notes: what was skipped, cut, retried or defaulted on the way, as sentences.
    """

    answer: str
    status: Status
    reason: str
    citations: list[Citation]
    unverified: list[str]
    model: str
    snapshot: str
    usage: RunUsage
    run_id: str
    coverage: Coverage = field(default_factory=Coverage)
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
