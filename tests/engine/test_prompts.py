"""What the model is told is true: the examples in the prompts are programs that run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.boundary import Boundary
from rlm_core.config import WorkspaceSettings
from rlm_core.context.facts import facts
from rlm_core.engine import prompts
from rlm_core.engine.events import CellCompleted
from rlm_core.engine.turn_parser import parse
from rlm_core.workspace.workspace import Workspace
from tests.support.files import write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rlm_core.workspace.snapshot import Snapshot
    from tests.engine.conftest import Asker
    from tests.support.model_server import ModelServer, Request, Script

    Serve = Callable[[Mapping[str, Script]], ModelServer]

HANDLER = "@app.get('/{0}')\ndef {0}(request):\n    return retry(request)\n\n\n"
FILES = {
    "src/http/retry.py": "class RetryPolicy:\n    delay = 1\n\n\ndef retry(request):\n    return 1\n",
    "src/http/client.py": "from retry import RetryPolicy\n"
    + "\n" * 90
    + "def get():\n    return RetryPolicy()\n",
    "core/app.py": "".join(HANDLER.format(name) for name in ("users", "orders", "carts")),
    "server/main.py": "def main():\n    pass\n",
    "cli/main.py": "def main():\n    pass\n",
}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return Workspace([write_tree(tmp_path / "repo", FILES)], WorkspaceSettings()).snapshot()


async def test_the_examples_for_code_run(asker: Asker, serve: Serve) -> None:
    examples = [
        block.code for block in parse(prompts.system(code=True, recursive=True, output_chars=20_000)).blocks
    ]
    assert len(examples) > 4
    turns = [f"```repl\n{code}\n```" for code in examples]
    judged = "core/app.py:1 | no | none\ncore/app.py:6 | yes | line 7"
    server = serve({"root": [*turns, "FINAL(done)"], "sub": lambda _: judged})
    await asker.ask("?", server)
    results = asker.of(CellCompleted)
    assert [result.error for result in results] == [None] * len(examples)
    assert "7 functions; not parsed: []" in results[3].output
    printed = "\n".join(result.output for result in results)
    assert "3 handlers, 2 judged, 1 without a check" in printed
    assert "class RetryPolicy" in printed


async def test_the_examples_for_a_task_run(asker: Asker, serve: Serve) -> None:
    examples = [
        block.code for block in parse(prompts.system(code=False, recursive=False, output_chars=20_000)).blocks
    ]
    turns = iter([*(f"```repl\n{code}\n```" for code in examples), "FINAL(done)"])

    def sub(request: Request) -> str:
        return next(turns) if "<question " in request.text else "7 | 1.50\n8 | 2.50"

    server = serve({"root": ["```repl\nprint(context, rlm_query('orders'))\n```", "FINAL(done)"], "sub": sub})
    await asker.ask("?", server)
    results = [event for event in asker.of(CellCompleted) if event.node == "0.1"]
    assert [result.error for result in results] == [None] * len(examples)
    assert "2 4.0" in results[-1].output


def test_the_system_message_is_complete() -> None:
    for code in (True, False):
        for recursive in (True, False):
            text = prompts.system(code=code, recursive=recursive, output_chars=20_000)
            assert "{{" not in text
            assert "of more than 20,000 characters a block" in text


def test_what_is_read_before_the_first_program_is_not_long(snapshot: Snapshot) -> None:
    opening = prompts.code_opening(
        "Where is a retry decided, and how long does it wait?", "", facts(snapshot), Boundary()
    )
    header = prompts.turn_header(1, 30, {"cost": None, "calls": 500, "tokens": 3_000_000, "seconds": 600})
    for recursive in (True, False):
        system = prompts.system(code=True, recursive=recursive, output_chars=20_000)
        assert len(f"{system}{opening}\n\n{header}") < 8_000


def test_the_first_message_has_facts_and_no_text(snapshot: Snapshot) -> None:
    text = prompts.code_opening("Why?", "", facts(snapshot), Boundary())
    assert "5 files" in text
    assert "python" in text.lower()
    assert "RetryPolicy" not in text
    assert "you can print it all" in text


def test_a_long_task_is_shown_by_its_beginning() -> None:
    task = "Sum the orders.\n" + "order 1\n" * 10_000
    text = prompts.text_opening(task, Boundary())
    assert "Sum the orders." in text
    assert f"{len(task):,} characters" in text
    assert len(text) < 5000
