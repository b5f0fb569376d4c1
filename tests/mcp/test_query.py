"""`rlm_query` and `rlm_result`: long runs, pages, cancelling, limits; and what the tools cost to list."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.context.context import Context
from tests.mcp.clients import ERAS, FILES, attached, call, failure, text_of
from tests.support.files import git, git_repository, write_tree
from tests.support.model_server import Reply

if TYPE_CHECKING:
    from pathlib import Path

# Of instructions and descriptions: 1,500 tokens, of which a tokenizer makes one of some 3.6 characters.
FIXED_CHARS = 5_200

LOOK = "```repl\nprint(len(context))\n```"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


@pytest.fixture
def model(serve_model: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Scripts the root model that this process's servers ask."""

    def serve(*replies: Any) -> None:
        _, env = serve_model(replies)
        for name, value in env.items():
            monkeypatch.setenv(name, value)

    return serve


@pytest.mark.parametrize("mode", ERAS)
async def test_the_tools_are_cheap_to_list(repository: Path, mode: str) -> None:
    async with attached(repository, mode) as client:
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == ["rlm_query", "rlm_result", "rlm_repl"]
    for tool in tools:
        assert len((tool.description or "").encode()) < 2048, "what Claude Code shows of it"
        assert tool.title
        assert tool.icons
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.output_schema is not None
    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    assert len(json.dumps(listed, separators=(",", ":"), ensure_ascii=False).encode()) < 7 * 1024


async def test_the_description_of_rlm_repl_names_every_method(repository: Path) -> None:
    async with attached(repository) as client:
        description = {tool.name: tool.description or "" for tool in (await client.list_tools()).tools}[
            "rlm_repl"
        ]
    for name, member in vars(Context).items():
        if not name.startswith("_"):
            following = "(" if callable(member) else (":", "\n")
            assert description.partition(f"\n.{name}")[2].startswith(following), name
    assert "\n.find(name, kind=): Definitions\n" in description
    assert "\n.grep(regex, glob=, …)" in description
    assert "\n.rank(query, glob=, …)\n" in description, "what does not fit is left out whole"
    for needed in ("RERUN(", "'a.py:10-40'", "many items into one prompt"):
        assert needed in description


async def test_fixed_texts_are_short_and_say_nothing_twice(repository: Path) -> None:
    async with attached(repository) as client:
        texts = [client.instructions or "", *(t.description or "" for t in (await client.list_tools()).tools)]
    assert sum(map(len, texts)) < FIXED_CHARS
    sentences = [part for text in texts for part in re.split(r"(?<=[.:;])\s|\n", text) if len(part) > 20]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("mode", ["legacy", "auto"])  # a client that is told the era asks for nothing
async def test_the_instructions_say_where_no_model_answers(repository: Path, mode: str, model: Any) -> None:
    async def lend(_context: Any, _params: Any) -> Any:
        raise AssertionError

    offline = "No language model is configured here, so you are the root model."
    async with attached(repository, mode) as client:
        assert offline in (client.instructions or "")
    async with attached(repository, mode, sampling_callback=lend) as client:
        assert offline not in (client.instructions or "")
    model()
    async with attached(repository, mode) as client:
        assert offline not in (client.instructions or "")
        assert "**Reading results.**" in (client.instructions or "")


@pytest.mark.parametrize("mode", ERAS)
async def test_without_a_model_a_question_begins_a_session(repository: Path, mode: str) -> None:
    question = "Which functions call `Cart.total_price`?"
    async with attached(repository, mode) as client:
        result = await client.call_tool("rlm_query", {"question": question, "scope": ["shop/"]})
        searched = result.structured_content or {}
        assert (searched["status"], searched["run_id"], searched["model"]) == ("extract", "", "offline")
        assert "nobody has answered" in searched["reason"]
        assert "shop/cart.py:7-9 method Cart.total_price" in searched["answer"]
        assert "shop/checkout.py:4" in searched["answer"]
        assert f"[session {searched['session']}: extract]" in text_of(result)
        ready = re.search(r"rlm_repl\(session='(.*?)', code='(.*?)'\)", searched["next"])
        assert ready is not None
        shown = await call(client, "rlm_repl", session=ready[1], code=ready[2])
        assert (shown["status"], shown["session"]) == ("done", searched["session"])
        assert "return net * (1 + vat_rate)" in shown["output"]
        assert searched["next"].endswith("Its variables: places, defined, related.")
        went_on = await call(
            client, "rlm_repl", session=ready[1], code="len(context), len(places), len(related)"
        )
        assert went_on["output"].startswith("(2, ")

        more = await call(client, "rlm_query", question="Where is the VAT?", session=searched["session"])
        assert more["session"] == searched["session"]
        refused = await failure(client, "rlm_query", question="?", session=ready[1], scope=["shop/"])
        assert "a session keeps its files" in refused


async def test_a_first_search_that_takes_long_goes_on_in_its_session(repository: Path) -> None:
    async with attached(repository, grants={"patience": 0.001}) as client:
        searched = await call(client, "rlm_query", question="Where is `Cart`?")
        assert searched["status"] == "running"
        assert "a first search is under way" in searched["next"]
        assert f"Call rlm_repl(session={searched['session']!r})" in searched["next"]
        over, printed = searched, searched["answer"]
        while over["status"] == "running":
            over = await call(client, "rlm_repl", session=searched["session"])
            printed += over["output"]
        assert (over["status"], printed.count("shop/cart.py:1-9 class Cart")) == ("done", 1)


@pytest.mark.parametrize("mode", ERAS)
async def test_a_run_outlives_the_call_that_asked(repository: Path, mode: str, model: Any) -> None:
    let_go = threading.Event()
    model(LOOK, Reply("FINAL(See shop/cart.py:7-9.)", until=let_go))
    async with attached(repository, mode, grants={"patience": 0.5}) as client:
        early = await call(client, "rlm_query", question="Where is the price?")
        assert early["status"] == "running"
        assert early["run_id"] in early["next"]
        still = early
        while not any("turn 2/" in line for line in still["progress"]):
            still = await call(client, "rlm_result", run=early["run_id"], wait=0)
            assert still["status"] == "running"
        let_go.set()
        done = still
        while done["status"] == "running":
            done = await call(client, "rlm_result", run=early["run_id"])
        assert (done["status"], done["answer"]) == ("complete", "See shop/cart.py:7-9.")
        assert done["citations"] == [
            {"path": "shop/cart.py", "start_line": 7, "end_line": 9, "symbol": "Cart.total_price"}
        ]
        record = (await client.read_resource(f"rlm://run/{early['run_id']}")).contents[0].text
        for words in ("Where is the price?", "print(len(context))", "## Answer: complete", "turn"):
            assert words in record, words


async def test_a_run_is_cancelled_by_its_id(repository: Path, model: Any) -> None:
    model("```repl\nwhile True: pass\n```")
    async with attached(repository, grants={"patience": 0.3}) as client:
        run = (await call(client, "rlm_query", question="Loop."))["run_id"]
        ended = await call(client, "rlm_result", run=run, cancel=True)
        assert (ended["status"], ended["reason"]) == ("cancelled", "The run was cancelled.")


async def test_runs_under_way_are_bounded(repository: Path, model: Any) -> None:
    loop = "```repl\nwhile True: pass\n```"
    model(loop, loop)
    async with attached(repository, grants={"patience": 0.1, "runs": 2}) as client:
        for _ in range(2):
            await call(client, "rlm_query", question="Loop.")
        assert "2 runs are under way" in await failure(client, "rlm_query", question="Another.")


async def test_a_long_answer_comes_in_pages(repository: Path, model: Any) -> None:
    model(LOOK, "```repl\nFINAL('\\n'.join(f'line {n}' for n in range(6_000)))\n```")
    async with attached(repository) as client:
        answer = await call(client, "rlm_query", question="Much?")
        whole = answer["answer"]
        assert answer["pages"] > 1
        while answer["page"] < answer["pages"]:
            answer = await call(client, "rlm_result", run=answer["run_id"], page=answer["page"] + 1)
            whole += answer["answer"]
        assert whole == "\n".join(f"line {n}" for n in range(6_000))


async def test_a_question_about_a_sessions_snapshot(repository: Path, model: Any) -> None:
    model(LOOK, "FINAL(seen)")
    async with attached(repository) as client:
        session = await call(client, "rlm_repl", code="1")
        (repository / "README.md").write_text("# Changed\n")
        answer = await call(client, "rlm_query", question="What?", session=session["session"])
        assert answer["snapshot"] == session["snapshot"]


async def test_a_question_about_a_revision(repository: Path, model: Any) -> None:
    model(LOOK, "FINAL(See shop/cart.py:7-9 and new.py:1.)")
    head = git(repository, "rev-parse", "HEAD").strip()
    write_tree(repository, {"shop/cart.py": "emptied\n", "new.py": "new\n"})
    note = f"This is about git revision {head}, not about the files as they are now."
    async with attached(repository) as client:
        answer = await call(client, "rlm_query", question="Where?", rev="HEAD")
        assert [(found["path"], found["start_line"]) for found in answer["citations"]] == [
            ("shop/cart.py", 7)
        ]
        assert (answer["unverified"], answer["changed"]) == (["new.py:1"], [])
        assert note in answer["notes"]
        session = await call(
            client, "rlm_repl", code="'new.py' in context, context.log()[0].commit", rev="HEAD"
        )
        assert session["output"] == f"(False, '{head}')\n"
        assert (note in session["notes"], session["changed"]) == (True, [])
        said = await failure(client, "rlm_query", question="?", rev="HEAD", session=session["session"])
        assert "Give either `rev` or `session`" in said
        said = await failure(client, "rlm_repl", code="1", rev="HEAD", session=session["session"])
        assert "`scope` and `rev` are for a new or a fresh session" in said
        assert "is no git revision of repo/" in await failure(client, "rlm_repl", code="1", rev="v0")


async def test_errors_name_what_to_do(repository: Path, model: Any) -> None:
    model(Reply(status=401, error={"message": "no"}))
    async with attached(repository) as client:
        assert "OPENAI_API_KEY" in await failure(client, "rlm_query", question="Anything?")
        assert "There is no run" in await failure(client, "rlm_result", run="nonsense")
        assert "ask briefly" in await failure(client, "rlm_query", question="x" * 200_000)
        missing = await client.call_tool("rlm_query", {})
        assert missing.is_error
        assert "question" in text_of(missing)
