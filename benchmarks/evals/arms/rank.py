"""Rank arms: the files that `context.rank` of a build finds for a question, alone or put into one call.

The one call is what retrieval by words and a model are worth without a loop (the paper's peer is CodeAct with
BM25; arXiv 2512.24601).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.evals.arms import command
from benchmarks.evals.arms.base import ArmError, Reply
from benchmarks.evals.arms.program import version
from rlm_core.models.base import Message

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.evals.arms.base import Task
    from benchmarks.evals.plan import RankArm, RankCallArm

# Runs in the build's sandbox. Definitions are what the place that was found lies in, as far as it is known.
_PROGRAM = """
import json
found = []
for hit in context.rank({question!r}, k={files}):
    text, symbol = context[hit.path], "" if {definitions} else hit.symbol
    found.append({{"path": hit.path, "line": hit.line, "symbol": symbol, "text": text[:{chars}]}})
for hit in context.rank({question!r}, k={definitions}, of="definitions") if {definitions} else []:
    found.append({{"definition": hit.path + "::" + hit.symbol}})
print(json.dumps(found))
"""
_ASKED = """\
Answer a question about a repository from the files below, which a search by its words found; they are not all
of it. Lines are numbered.

{files}

Question: {prompt}"""
_FILE_CHARS = 1_000_000


class Rank:
    """Says which files rank first, best first; asks no model.

    Args:
        planned: command, and how many files.
        caches: kept between cells.
    """

    def __init__(self, planned: RankArm, caches: Path) -> None:
        self._command = command.located(planned.command)
        self._planned = planned
        self._caches = caches

    async def answer(self, task: Task) -> Reply:
        """The files in a block, then the definitions, or under each file the one that was found in it."""
        files, definitions = self._planned.files, self._planned.definitions
        found = await _found(self._command, task, files, 0, self._caches, definitions)
        lines: list[str] = []
        for hit in found:
            lines.append(hit.get("definition") or hit["path"])
            if hit.get("symbol"):
                lines.append(f"{hit['path']}::{hit['symbol']}")
        return Reply("```answer\n" + "\n".join(lines) + "\n```")

    async def version(self) -> str:
        """See `Arm.version`."""
        return await version(
            self._command, [f"{self._planned.files} files, {self._planned.definitions} definitions"]
        )


class RankCall:
    """Puts the files that rank first into one prompt.

    Args:
        planned: command, how many files and characters.
        caches: kept between cells.
    """

    def __init__(self, planned: RankCallArm, caches: Path) -> None:
        self._command = command.located(planned.command)
        self._planned = planned
        self._caches = caches

    async def answer(self, task: Task) -> Reply:
        """See `Arm.answer`."""
        found = await _found(self._command, task, self._planned.files, _FILE_CHARS, self._caches)
        share = self._planned.chars // max(1, len(found))
        files = "\n\n".join(_numbered(hit, share) for hit in found) or "(nothing was found)"
        asked = _ASKED.format(files=files, prompt=task.prompt)
        completion = await task.asked().complete([Message("user", asked)])
        return Reply(completion.text, "incomplete" if completion.truncated else "answered", completion.notes)

    async def version(self) -> str:
        """See `Arm.version`."""
        return await version(
            self._command, [f"{self._planned.files} files", f"{self._planned.chars:,} characters"]
        )


async def _found(
    program: tuple[str, ...], task: Task, files: int, chars: int, caches: Path, definitions: int = 0
) -> list[dict[str, str]]:
    code = _PROGRAM.format(question=task.query, files=files, chars=chars, definitions=definitions)
    surroundings = command.environment(
        task.scratch,
        {
            "XDG_CONFIG_HOME": str(task.scratch / "config"),
            "XDG_STATE_HOME": str(task.scratch / "state"),
            "XDG_CACHE_HOME": str(caches),
        },
    )
    ended = await command.run(
        [*program, "exec", "--root", str(task.root), "-"],
        seconds=task.seconds,
        environment=surroundings,
        stdin=code,
    )
    try:
        found = json.loads(ended.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise ArmError(f"The ranking could not be had: {ended.stderr.strip()[-500:]}") from error
    return [{key: str(value or "") for key, value in hit.items()} for hit in found]


def _numbered(hit: dict[str, str], chars: int) -> str:
    """A file's beginning, or what lies around the place that was found, as far as its share goes."""
    lines = hit["text"].splitlines()
    at = max(0, int(hit["line"] or 1) - 1)
    first = last = min(at, max(0, len(lines) - 1))
    used = len(lines[first]) if lines else 0
    while lines and used < chars and (first > 0 or last < len(lines) - 1):
        if first > 0:
            first -= 1
            used += len(lines[first]) + 8
        if last < len(lines) - 1:
            last += 1
            used += len(lines[last]) + 8
    body = "\n".join(f"{number:>6} {line}" for number, line in enumerate(lines[first : last + 1], first + 1))
    return f"=== {hit['path']} (lines {first + 1} to {last + 1} of {len(lines)})\n{body}"
