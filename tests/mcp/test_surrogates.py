r"""Lone surrogates on every way through the server: JSON has them (`"\ud83d"`), UTF-8 cannot carry them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.mcp.clients import ERAS, FILES, call, connected, failure, text_of
from tests.mcp.served import serving
from tests.mcp.test_cli import rlm
from tests.mcp.test_hostile import wired
from tests.support.files import forge_index, git_repository
from tests.support.model_server import Reply

if TYPE_CHECKING:
    from pathlib import Path

LOOK = "```repl\nprint(len(context))\n```"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", {**FILES, "x.json": '{"a": "\\ud83d"}'})


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("box", ["native", "wasm"])
async def test_programs_that_make_them(repository: Path, mode: str, box: str) -> None:
    async with connected(repository, mode, "--sandbox", box) as client:

        async def shown(code: str, **more: Any) -> dict[str, Any]:
            return await call(client, "rlm_repl", code=code, **more)

        first = await shown("import json\nprint(json.loads(context['x.json'])['a'])")
        assert (first["status"], first["output"]) == ("done", "\ufffd\n")
        session = first["session"]
        assert (await shown(r"print('\ud83d')", session=session))["output"] == "\ufffd\n"
        assert (await shown(r"FINAL('\ud83d')", session=session))["output"] == "\ufffd\n"
        failed = await shown(r"raise ValueError('\ud83d')", session=session)
        assert "ValueError: \ufffd" in failed["error"]
        named = await shown(r"globals()['k\ud83d'] = '\ud83d'", session=session)
        assert "k\ufffd (str: 1 char: '\\ud83d')" in named["variables"]
        asked = await shown(r"print(llm_query('say \ud83d'))", session=session)
        assert (asked["status"], asked["prompts"]) == ("suspended", ["say \ufffd"])
        done = await call(client, "rlm_repl", session=session, replies=["said"])
        assert done["output"] == "said\n"


async def test_over_http(repository: Path) -> None:
    async with serving(repository) as server, server.client() as client:
        assert (await call(client, "rlm_repl", code=r"print('\ud83d')"))["output"] == "\ufffd\n"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_model_that_says_them(repository: Path, mode: str, serve_model: Any) -> None:
    server, env = serve_model(
        [
            "Half an emoji: \ud83d\n```repl\nprint('\ud83d', len(context))\n```",
            "```repl\nprint(llm_query('\\ud83d'))\n```",
            "FINAL(ok \ud83d)",
        ],
        ["sub \ud83d"],
    )
    async with connected(repository, mode, env=env) as client:
        answer = await client.call_tool("rlm_query", {"question": "What?"})
        assert answer.structured_content is not None
        told = answer.structured_content
        assert (told["status"], told["answer"]) == ("complete", "ok \ufffd")
        run = f"rlm://run/{told['run_id']}"
        assert "sub \ufffd" in str((await client.read_resource(run)).contents[0])
    assert server.prompts("sub") == ["\ufffd"]
    assert "sub \ufffd" in server.prompts("root")[2]


async def test_a_provider_that_fails_with_them(repository: Path, serve_model: Any) -> None:
    def script(_: Any) -> Reply:
        return Reply(status=400, error={"message": "no \ud83d"})

    _, env = serve_model(script)
    async with connected(repository, env=env) as client:
        assert "no \ufffd" in await failure(client, "rlm_query", question="What?")
        assert (await client.list_tools()).tools, "the server lives"


def test_ask_and_exec(repository: Path, serve_model: Any) -> None:
    server, env = serve_model([LOOK, "```repl\nprint('\\ud83d')\n```", "FINAL(ok \ud83d)"])
    done = rlm("ask", "caf\udce9?", cwd=repository, **env)  # what is not UTF-8 on a command line
    assert (done.returncode, done.stdout.startswith("ok \ufffd")) == (0, True)
    assert "\ncaf\ufffd?\n</question " in server.prompts("root")[0]
    assert "\ufffd" in server.prompts("root")[2]
    assert rlm("exec", r"print('\ud83d')", cwd=repository).stdout == "\ufffd\n"
    assert rlm("exec", "print('caf\udce9')", cwd=repository).stdout == "caf\ufffd\n"


@pytest.mark.parametrize("mode", ERAS)
async def test_folders_whose_names_are_not_utf_8(tmp_path: Path, mode: str) -> None:
    """Python reads such names as surrogates; notes about a repository and its settings quote them."""
    root = git_repository(tmp_path / os.fsdecode(b"r\xff"), {**FILES, "rlm.toml": "[limits]\nturns = 5000\n"})
    inner = git_repository(root / os.fsdecode(b"i\xff"), FILES)
    forge_index(inner, ["../outside.py"])
    empty = git_repository(root / "empty", {"x.bin": b"\0"})
    async with connected(root, mode) as client:
        step = text_of(await client.call_tool("rlm_repl", {"code": "len(context)"}))
        assert f"git's index of {tmp_path}/r\\xff/i\\xff names 1 file by" in step
        assert f"{tmp_path}/r\\xff/rlm.toml may lower limits" in step
        (workspace,) = (await client.read_resource("rlm://workspace")).contents
        assert f"- {tmp_path}/r\\xff\n" in workspace.text
    async with connected(empty, mode) as client:
        said = await failure(client, "rlm_repl", code="1")
        assert f"There is no text file in {tmp_path}/r\ufffd/empty" in said
    async with connected(root, mode, "--root", str(inner)) as client:
        listed = await call(client, "rlm_repl", code="print(*context)")
        assert {"r\\xff/shop/cart.py", "i\\xff/shop/cart.py"} <= set(listed["output"].split())


async def test_a_client_that_sends_them_is_served(repository: Path) -> None:
    """The SDK's parser takes no such JSON."""
    async with wired(repository) as wire:
        wire.request(
            1, "tools/call", name="rlm_repl", arguments={"code": "print('\ud83d')\nprint(llm_query('x'))"}
        )
        asked = (await wire.reply(1))["result"]["structuredContent"]
        replied = {"session": asked["session"], "replies": ["y\ud83d"]}
        wire.request(2, "tools/call", name="rlm_repl", arguments=replied)
        assert (await wire.reply(2))["result"]["structuredContent"]["output"] == "y\ufffd\n"
        question = {"question": "Where is \ud83d `total_price`?"}
        wire.request(3, "tools/call", name="rlm_query", arguments=question)
        assert (await wire.reply(3))["result"]["structuredContent"]["status"] == "extract"
        for number, arguments in enumerate(
            (
                {"question": "?", "scope": ["\ud83d"]},
                {"question": "?", "session": "\ud83d"},
                {"question": "?", "\ud83d": 1},
            ),
            4,
        ):
            wire.request(number, "tools/call", name="rlm_query", arguments=arguments)
            assert (await wire.reply(number))["result"]["isError"]
        wire.request(7, "resources/read", uri="rlm://file/\ud83d")
        assert "error" in await wire.reply(7)
        wire.request(8, "no/\ud83d")
        assert "error" in await wire.reply(8)
        wire.request(9, "ping")
        assert (await wire.reply(9))["result"] == {}


@pytest.mark.parametrize(
    ("line", "number", "code"),
    [
        (b"not json", None, -32700),
        (b'{"jsonrpc":"2.0"', None, -32700),
        (b"[" * 9_999, None, -32700),
        (b"[" * 100_000, None, -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\\ud8"}}', None, -32700),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', 1, -32600),
        (b'{"jsonrpc":"2.0","id":"a","method":"ping","params":[1]}', "a", -32600),
        (b'{"jsonrpc":"2.0","id":7,"result":3}', None, -32600),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', None, -32600),
    ],
)
async def test_a_line_that_is_no_message_has_an_error_for_an_answer(
    repository: Path, line: bytes, number: int | str | None, code: int
) -> None:
    async with wired(repository) as wire:
        wire.send(b"")
        wire.send(line)
        assert wire.process.stdout is not None
        said = json.loads(await wire.process.stdout.readline())
        assert (said["id"], said["error"]["code"]) == (number, code)
        assert said["error"]["message"].endswith(".")
