"""Real coding agents, configured by `rlm-mcp install`, list this server's tools and use each of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from mcp import Client, StdioServerParameters

from tests.hosts.endpoint import Endpoint
from tests.hosts.hosts import HOSTS, Host
from tests.support.files import git_repository

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"greeting.py": 'def greet(name):\n    return f"hello {name}"\n', "README.md": "# Greetings\n"}
# What the scripted model asks of each tool, and what the host must hand back to it.
SCRIPT = {"rlm_query": {"question": "Where is `greet` defined?"}, "rlm_repl": {"code": "list(context)"}}
ANSWERS = {"rlm_query": "greeting.py:1-2", "rlm_repl": "greeting.py"}


def program(host: Host) -> str:
    folder = os.environ.get("RLM_TEST_HOSTS")
    found = shutil.which(host.program, path=f"{folder}/node_modules/.bin") if folder else None
    if found is None:
        reason = f"There is no {host.program}; .ci/hosts gets it, RLM_TEST_HOSTS says where it is."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


async def own_tools(root: Path) -> set[str]:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "rlm_mcp", "--root", str(root)], env=dict(os.environ)
    )
    async with Client(server) as client:
        return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.client)
def test_a_host_lists_and_uses_the_tools(host: Host, tmp_path: Path, own_home: Path) -> None:
    executable = program(host)
    repository = git_repository(tmp_path / "repo", FILES)
    environ = {name: os.environ[name] for name in ("PATH", "HOME")}
    with Endpoint(SCRIPT) as endpoint:
        host.prepare(own_home, endpoint.url)
        subprocess.run([sys.executable, "-m", "rlm_mcp", "install", host.client], env=environ, check=True)
        arguments = [part.replace("{url}", endpoint.url) for part in host.arguments]
        settings = {name: value.replace("{url}", endpoint.url) for name, value in host.environ.items()}
        done = subprocess.run(
            [executable, *arguments, "Where is greet?"], cwd=repository, env=environ | settings,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=50, check=False,
        )  # fmt: skip
    seen = f"{done.stdout}\n{done.stderr}\n{endpoint.offered}\n{endpoint.results}\n{endpoint.unexpected}"
    tools = asyncio.run(own_tools(repository))
    assert {tool for tool in tools if any(name.endswith(tool) for name in endpoint.offered)} == tools, seen
    assert endpoint.results.keys() == tools & SCRIPT.keys(), seen
    for tool, result in endpoint.results.items():
        assert ANSWERS[tool] in result, seen
    assert "All tools have answered: " in done.stdout, seen
    assert done.returncode == 0, seen
