"""OOLONG-style aggregation (arXiv 2511.02817): counts over labels that only a reader can tell.

The sub-model is an oracle: it returns the right label of each line that it is shown. So what is tested is
cutting, batching, order and counting, all the way through, with an exact expected result.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.workspace.workspace import Workspace
from tests.engine.conftest import Asker
from tests.support.files import write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rlm_core.sandbox.base import Sandbox
    from tests.support.model_server import ModelServer, Request, Script

    Serve = Callable[[Mapping[str, Script]], ModelServer]

SAYINGS = {
    "praise": ["This saved my week.", "Lovely work, thank you!", "Best release so far."],
    "bug": ["It crashes when I click twice.", "The total is off by one.", "Nothing happens on save."],
    "wish": ["Could it export to CSV?", "A dark theme would be nice.", "Please let me sort by date."],
}
LABELS = {saying: label for label, sayings in SAYINGS.items() for saying in sayings}
PROGRAM = """
lines = [(path, number, line) for path in context
         for number, line in enumerate(context[path].splitlines(), 1)]
texts = [f"{path}:{number} {line}" for path, number, line in lines]
groups = [texts[at:at + 40] for at in range(0, len(texts), 40)]
ask = "Label each line as praise, bug or wish; reply `place label`.\\n"
prompts = [ask + "\\n".join(group) for group in groups]
replies = llm_query_batched(prompts)
import json
from collections import Counter
labels = dict(row.rsplit(" ", 1) for reply in replies for row in reply.splitlines())
users = {}
for path, number, line in lines:
    users.setdefault(line.split(" | ")[0], Counter())[labels[f"{path}:{number}"]] += 1
print(len(lines), "lines in", len(prompts), "prompts")
FINAL(json.dumps(users))
"""


def oracle(request: Request) -> str:
    places = re.findall(r"^(\S+:\d+) \w+ \| (.*)$", request.prompt, re.MULTILINE)
    return "\n".join(f"{place} {LABELS[saying]}" for place, saying in places)


@pytest.mark.parametrize("seed", range(3))
async def test_counts_by_user_are_exact(
    seed: int, tmp_path: Path, shared_sandbox: Sandbox, serve: Serve
) -> None:
    chance = random.Random(seed)
    expected: dict[str, Counter[str]] = {}
    files: dict[str, str] = {}
    for number in range(12):
        lines = []
        for _ in range(chance.randint(0, 60)):
            user, saying = chance.choice(["ann", "bob", "cleo"]), chance.choice(list(LABELS))
            expected.setdefault(user, Counter())[LABELS[saying]] += 1
            lines.append(f"{user} | {saying}\n")
        files[f"feedback/{number:02}.txt"] = "".join(lines)
    workspace = Workspace([write_tree(tmp_path / "data", files)], WorkspaceSettings())
    asker = Asker(workspace.snapshot(), shared_sandbox)
    server = serve({"root": [f"```repl\n{PROGRAM}```"], "sub": oracle})
    answer = await asker.ask("How many praises, bugs and wishes per user?", server)
    workspace.close()
    assert answer.status == "complete"
    total = sum(count for counts in expected.values() for count in counts.values())
    assert len(server.prompts("sub")) == -(-total // 40)
    assert json.loads(answer.answer) == {user: dict(counts) for user, counts in expected.items()}
