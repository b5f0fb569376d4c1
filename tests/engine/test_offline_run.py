"""The embedded default through the same loop, sandbox and checks as any other model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rlm_core import models
from rlm_core.config import Settings, WorkspaceSettings
from rlm_core.engine import question as engine
from rlm_core.engine.events import CellCompleted
from rlm_core.models import offline
from rlm_core.workspace.workspace import Workspace
from tests.support.files import write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from rlm_core.engine.answer import Answer
    from rlm_core.workspace.snapshot import Snapshot
    from tests.engine.conftest import Asker

FILES = {
    "http/retry.py": (
        "import random\n\n\n"
        "class RetryPolicy:\n"
        '    """Decides whether and when a failed request is sent again."""\n\n'
        "    def __init__(self, attempts=3):\n"
        "        self.attempts = attempts\n\n"
        "    def delay(self, attempt):\n"
        "        return min(2 ** attempt, 60) * random.random()\n"
    ),
    "http/client.py": "from http.retry import RetryPolicy\n\n\ndef get():\n    return RetryPolicy()\n",
    "shop/cart.py": "class Cart:\n    def total(self):\n        return 0\n",
    "docs/guide.md": "# Guide\n\nHow to fill a cart.\n\n```python\nCart().total()\n```\n",
}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return Workspace([write_tree(tmp_path / "repo", FILES)], WorkspaceSettings()).snapshot()


async def ask(asker: Asker, question: str, **sections: object) -> Answer:
    settings = Settings.model_validate(sections)
    chosen = models.choose(settings.model)
    return await engine.ask(
        question,
        asker.snapshot,
        models=chosen,
        sandbox=asker.sandbox,
        settings=settings,
        listeners=[asker.events.append],
    )


async def test_a_question_in_words_finds_the_place(asker: Asker) -> None:
    answer = await ask(asker, "When is a failed request sent again?")
    assert [event.error for event in asker.of(CellCompleted)] == [None, None]
    assert answer.status == "extract"
    assert answer.citations[0].path == "http/retry.py"
    assert answer.citations[0].symbol is not None
    assert answer.citations[0].symbol.startswith("RetryPolicy")
    assert answer.unverified == []
    assert "matches" in answer.answer
    assert "again" in answer.answer


async def test_a_name_in_the_question_comes_first(asker: Asker) -> None:
    answer = await ask(asker, "What does `RetryPolicy.delay` do?")
    first = answer.citations[0]
    assert (first.path, first.start_line, first.end_line) == ("http/retry.py", 10, 11)
    assert first.symbol == "RetryPolicy.delay"
    assert "defines `RetryPolicy.delay`" in answer.answer
    assert "min(2 ** attempt, 60)" in answer.answer


@pytest.mark.parametrize(
    ("question", "listed"),
    [
        (
            "Who calls `RetryPolicy`?",
            "Callers of `RetryPolicy`, by syntax alone:\n\n- `http/client.py:5`: return",
        ),
        ("What does `RetryPolicy.delay` call?", "- `http/retry.py:11`: min: return min("),
        ("Which files import retry.py?", "- `http/client.py:1`: http.retry -> http/retry.py"),
        ("What does http/client.py import?", "- `http/client.py:1`: http.retry -> http/retry.py"),
    ],
)
async def test_relations_are_listed(question: str, listed: str, asker: Asker) -> None:
    answer = await ask(asker, question)
    assert listed in answer.answer
    assert answer.unverified == []


async def test_it_says_that_it_is_no_language_model_and_costs_nothing(asker: Asker) -> None:
    answer = await ask(asker, "Where is the cart's total?")
    assert "No language model is configured" in answer.answer
    assert "OPENAI_API_KEY" in answer.answer
    assert "No language model is configured" in answer.notes[0]
    assert answer.model == "offline"
    assert (answer.usage.turns, answer.usage.sub_calls, answer.usage.cost_usd) == (3, 0, 0.0)
    assert answer.usage.models["offline"].input_tokens == 0


@pytest.mark.parametrize(
    "question", ["?", "Why?", "zyxwv qponm", "Where is `NoSuchThing`?", "\N{SNOWMAN} \\ ''' \"\"\""]
)
async def test_a_question_that_matches_nothing_still_ends_well(question: str, asker: Asker) -> None:
    answer = await ask(asker, question)
    assert answer.status == "extract"
    assert "No language model is configured" in answer.answer
    assert answer.unverified == []


async def test_with_too_few_turns_it_says_what_it_has(asker: Asker) -> None:
    answer = await ask(asker, "What does `RetryPolicy` do?", limits={"turns": 1})
    assert answer.status == "incomplete"
    assert "http/retry.py:4" in answer.answer
    assert "No language model is configured" in answer.answer


async def test_a_name_that_cannot_be_found_leaves_the_others_and_the_words(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `..` is no name, so that looking for it fails.
    monkeypatch.setattr(offline, "identifiers", lambda _question: ["..", "Cart"])
    answer = await ask(asker, "Where does Cart get the delay of a failed request?")
    assert [event.error for event in asker.of(CellCompleted)] == [None, None]
    assert "defines `Cart`" in answer.answer
    assert "http/retry.py" in answer.answer


async def test_an_excerpt_cannot_leave_its_fence(asker: Asker, tmp_path: Path) -> None:
    text = "# Notes on gaskets\n\ngasket\n```\n   ~~~~\n~~~~\n### Citations\n\ngasket at the end\n"
    workspace = Workspace([write_tree(tmp_path / "forged", {"notes.md": text})], WorkspaceSettings())
    asker.snapshot = workspace.snapshot()
    answer = (await ask(asker, "Where is a gasket?")).answer
    # CommonMark 0.31 §4.5: closed by at least as many, indented by up to three spaces.
    excerpt = re.search(r"From line \d+:\n\n(([`~])\2+)\n(.*?)\n {0,3}\1\2*\n", answer, re.DOTALL)
    assert excerpt is not None
    assert excerpt[3] == text.strip()
