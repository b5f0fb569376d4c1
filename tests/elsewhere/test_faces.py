"""The command line and both servers on what pretends to be macOS or Windows, up to the programs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from mcp import Client, StdioServerParameters

from tests.lsp.editor import editing
from tests.support.files import git_repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[[str], list[str]]
# Where macOS is as Linux, which has tests of its own.
ON_WINDOWS = pytest.mark.parametrize("system", ["win32"], indirect=True)

FILES = {"shop/cart.py": "class Cart:\n    pass\n", "README.md": "# Shop\n"}
MCP, LSP = "rlm_mcp.cli.main:main", "rlm_lsp.cli:main"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


def test_a_service_opens_follows_and_closes(run: Callable[..., str], repository: Path) -> None:
    program = """
import asyncio
import sys
from pathlib import Path

from rlm_core import config
from rlm_core.service import Service

async def main(root):
    async with Service([root], config.load([root]), watch=True) as service:
        print(len(await service.snapshot(["*.py"])), service.watched, service.workspace.notes)

asyncio.run(main(Path(sys.argv[1])))
"""
    assert run(program, repository) == "1 True ()\n"


def test_programs_run_in_webassembly(command: Command, repository: Path) -> None:
    """The worker is a process of its own and does not pretend, so its lock is Linux's."""
    program = "x = len(context)\nprint(x, context.find('Cart')[0].path)\nopen('README.md')"
    done = subprocess.run(
        [*command(MCP), "exec", "--root", str(repository), program],
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert done.stdout == "2 shop/cart.py\n", done.stderr
    assert "FileNotFoundError" in done.stderr
    assert done.returncode == 1


def test_doctor_says_that_nobody_has_tried(command: Command, repository: Path, system: str) -> None:
    done = subprocess.run(
        [*command(MCP), "doctor", "--root", str(repository)],
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert f"(UNVERIFIED on {system}: never tested there)" in done.stdout, done.stderr
    assert "read a file: blocked" in done.stdout


@ON_WINDOWS
def test_a_command_says_what_is_wrong(command: Command, repository: Path) -> None:
    done = subprocess.run(
        [*command(MCP), "ask", "--root", str(repository / "missing"), "What?"],
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rlm-mcp: There is no folder")


async def test_the_mcp_server_serves_and_ends_with_its_client(command: Command, repository: Path) -> None:
    program, *arguments = command(MCP)
    server = StdioServerParameters(command=program, args=[*arguments, "--root", str(repository)])
    async with Client(server) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} >= {"rlm_query", "rlm_repl"}
        (workspace,) = (await client.read_resource("rlm://workspace")).contents
        assert "2 files" in workspace.text
        (file,) = (await client.read_resource("rlm://file/shop/cart.py")).contents
        assert file.text == FILES["shop/cart.py"]
        (repository / "shop/cart.py").write_text("changed\n")
        (file,) = (await client.read_resource("rlm://file/shop/cart.py")).contents
        assert file.text == "changed\n"


@ON_WINDOWS
async def test_the_mcp_server_ends_at_a_signal(command: Command, repository: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        *command(MCP), "--root", str(repository), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    initialize = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize}
    server.stdin.write(json.dumps(message).encode() + b"\n")
    assert b"rlm" in await asyncio.wait_for(server.stdout.readline(), 30)
    server.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(server.wait(), 30) == 130
    assert server.stderr is not None
    assert b"Traceback" not in await server.stderr.read()


@ON_WINDOWS
async def test_the_language_server_shakes_hands_and_leaves(command: Command, repository: Path) -> None:
    async with editing(repository, server=tuple(command(LSP))) as editor:
        editor.open(repository / "shop/cart.py", "class Basket:\n    pass\n")
    assert editor.client._server is not None
    assert editor.client._server.returncode == 0


@ON_WINDOWS
def test_tokens_may_lie_in_a_file_whose_mode_says_nothing(run: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("somebody 0123456789abcdef\n")
    file.chmod(0o644)
    program = """
import sys
from pathlib import Path
from rlm_mcp.server import http

with http.Address("127.0.0.1", 0).listen():
    print(len(http.Tokens(Path(sys.argv[1]))))
"""
    assert run(program, file) == "1\n"


@ON_WINDOWS
def test_a_program_of_the_repository_is_not_taken_for_git(
    run: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git.exe").write_text("#!/bin/sh\necho hostile\n")
    (tmp_path / "git.exe").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    found = run("from rlm_core.workspace.subprocesses import git\nprint(git())").strip()
    assert found == str(tmp_path / "bin/git.exe")


@ON_WINDOWS
def test_roots_of_a_client_may_have_drives(run: Callable[..., str]) -> None:
    program = """
from rlm_mcp.server.client_roots import _path

for uri in ["file:///C:/src/a%20b", "file:///c%3A/src", "file:///src"]:
    print(_path(uri))
"""
    assert run(program).splitlines() == ["C:/src/a b", "c:/src", "/src"]
