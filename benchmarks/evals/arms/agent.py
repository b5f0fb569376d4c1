"""Agent arm: a loop in which the model searches and reads with a shell, as coding agents do.

It is mini-swe-agent's loop (one command a turn, a fresh shell for each, output cut in the middle), put to
questions: a reply without a command is the answer. The package itself needs tool calls through litellm, so it
could not be measured through the same model protocol as the other arms.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from benchmarks.evals.arms.base import Reply
from benchmarks.evals.arms.shell import REPOSITORY, Shell
from rlm_core.models.base import Message

if TYPE_CHECKING:
    from benchmarks.evals.arms.base import Task
    from benchmarks.evals.plan import AgentArm

_SYSTEM = """\
You answer questions about a repository by working in a shell.

The repository is {repository}, which is also the working directory. It cannot be written, and there is no
network. Programs: bash, {programs}grep, find, sed, awk, sort, uniq, wc, python3 and what a plain system has.

Each of your replies has a thought of a sentence or two, and then exactly one command or script in a block:

```bash
grep -rn "def main" --include=*.py . | head
```

It runs in a fresh shell, and you are shown what it prints, up to {chars} characters; of more, the middle is
cut out. No files are kept from one command to the next. You have {turns} replies at most.

When you know the answer, reply without a bash block: that reply is the answer."""
_COMMAND = re.compile(r"^```(?:bash|sh|shell)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_LAST = "This was the last command. Answer now, without a bash block, as well as you can."


class Agent:
    """Lets the model work in a shell until it answers.

    Args:
        planned: turns, output and time of a command.
    """

    def __init__(self, planned: AgentArm) -> None:
        self._planned = planned

    async def answer(self, task: Task) -> Reply:
        """See `Arm.answer`."""
        shell = Shell(task.root, self._planned.command_seconds)
        messages = [Message("system", self._system()), Message("user", f"Question: {task.prompt}")]
        for turn in range(1, self._planned.turns + 1):
            completion = await task.asked().complete(messages)
            commands = _COMMAND.findall(completion.text)
            if not commands:
                return Reply(
                    completion.text, "incomplete" if completion.truncated else "answered", completion.notes
                )
            output = _cut(await shell.run(commands[0]), self._planned.output_chars)
            said = [output or "(it printed nothing)"]
            if len(commands) > 1:
                said.append(f"Only the first of {len(commands)} blocks was run.")
            if turn == self._planned.turns - 1:
                said.append(_LAST)
            messages += [Message("assistant", completion.text), Message("user", "\n\n".join(said))]
        return Reply(completion.text, "incomplete", (f"No answer within {self._planned.turns} turns.",))

    async def version(self) -> str:
        """See `Arm.version`."""
        planned = self._planned
        return f"agent loop, {planned.turns} turns, {planned.output_chars:,} characters of output a turn"

    def _system(self) -> str:
        programs = "rg, " if shutil.which("rg", path="/usr/local/bin:/usr/bin:/bin") else ""
        return _SYSTEM.format(
            repository=REPOSITORY,
            programs=programs,
            chars=f"{self._planned.output_chars:,}",
            turns=self._planned.turns,
        )


def _cut(text: str, chars: int) -> str:
    """Head and tail of what is too long, with how much is missing between them."""
    if len(text) <= chars:
        return text
    half = chars // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
