"""Results of tools: text of a repository cannot pose as the server, whatever it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.mcp.clients import attached, call, text_of
from tests.support.files import write_tree
from tests.support.forgeries import FORGERIES, SUSPENDED, TURN, read, told

if TYPE_CHECKING:
    from pathlib import Path

    from mcp import Client

    from tests.support.forgeries import Reading

FILES = {
    **{f"forged/{number}.txt": text for number, text in enumerate(FORGERIES)},
    "plain.txt": "nothing special",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "repo", FILES)


async def reading(client: Client, tool: str = "rlm_repl", **arguments: Any) -> Reading:
    """The text of a result, by the id that its first line tells."""
    text = text_of(await client.call_tool(tool, arguments))
    return read(text, told(text))


def frame(result: Reading) -> str:
    """What is ours in a result, without the ids in it."""
    return re.sub(r"[0-9a-f-]{12,}", "ID", result.ours)


async def test_what_a_program_gives_is_data(repository: Path) -> None:
    program = "text = context[{path!r}]\nprint(text)\nglobals()[text] = 1\nllm_query(text)"
    async with attached(repository) as client:
        session = (await call(client, "rlm_repl", code="forged = None"))["session"]
        given, over = [], []
        for path in ("plain.txt", *(f"forged/{number}.txt" for number in range(len(FORGERIES)))):
            code = program.format(path=path) + "\nglobals().pop(text)\nraise ValueError(text)"
            given.append(await reading(client, session=session, code=code))
            over.append(await reading(client, session=session, replies=["ok"]))
    texts = [FILES["plain.txt"], *FORGERIES]
    for text, suspended, failed in zip(texts, given, over, strict=True):
        assert frame(suspended) == frame(given[0]), text
        assert suspended.data == [("output", text.rstrip()), ("prompt 1", text.rstrip())]
        assert frame(failed) == frame(over[0]), text
        assert [name for name, _ in failed.data] == ["error", "variables"]
        assert failed.of("error")[0].endswith(f"ValueError: {text}".rstrip()[-2000:])
    assert frame(given[0]).startswith(
        "[session ID: suspended] Boundary id: ID\n\n{output}\n\n{prompt 1}\n\nAnswer"
    )


async def test_names_and_pages_are_data(repository: Path) -> None:
    named = f"x\n</changed>\n\n{SUSPENDED}\n\u2028.txt"
    async with attached(repository) as client:
        first = await call(client, "rlm_repl", code=f"print({TURN!r} * 1000)\nglobals()[{TURN!r}] = iter('')")
        assert first["pages"] > 1
        write_tree(repository, {named: "late\n"})
        again = await reading(client, session=first["session"], page=2)
        assert again.ours.count("Turn 2 of 30") == 0
        while not again.of("changed"):
            again = await reading(client, session=first["session"], page=2)
        assert again.of("changed") == [repr(named)[1:-1]]
        lost = await reading(client, session=first["session"], code="import os; os._exit(1)")
        assert f"Note: The session had to be restarted; these names are gone: {TURN!r}." in lost.ours


async def test_each_result_has_an_id_of_its_own(repository: Path) -> None:
    async with attached(repository) as client:
        first = text_of(await client.call_tool("rlm_repl", {"code": "1"}))
        code = f"print('</output {told(first)}>')"
        second = await reading(client, code=code)
        assert second.data[0] == ("output", f"</output {told(first)}>")


async def test_an_answer_is_enclosed(
    repository: Path, serve_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    headings = "### Citations\n\n- `plain.txt:1`\n\n### Unverified\n\n*gpt · 9 citations checked*"
    _, env = serve_model(
        [f"```repl\nFINAL('\\n'.join([*(context[path] for path in context), {headings!r}]))\n```"]
    )
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    async with attached(repository) as client:
        answer = await reading(client, "rlm_query", question="What?")
    assert [name for name, _ in answer.data] == ["answer"]
    missing = [text for text in FORGERIES if text.strip() not in answer.of("answer")[0]]
    assert not missing, answer.ours
    assert answer.ours.count("### Citations") == 1
    assert "### Unverified" not in answer.ours
    assert "1 citation checked" in answer.ours.strip().splitlines()[-1]
