"""Which folders a server answers about: the command line's, the client's, or where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mcp.types import ListRootsResult, Root

from tests.mcp.clients import ERAS, attached, call, connected, failure, text_of
from tests.support.files import git_repository

if TYPE_CHECKING:
    from pathlib import Path

LIST = "[str(path) for path in context]"


@pytest.fixture
def repositories(tmp_path: Path) -> dict[str, Path]:
    return {
        name: git_repository(tmp_path / name, {f"{name.replace(' ', '-')}.py": "x = 1\n"})
        for name in ("here", "one", "two spaces")
    }


class Folders:
    """A client's roots, as they come and go."""

    def __init__(self, *paths: Path) -> None:
        self.uris = [path.as_uri() for path in paths]
        self.asked = 0

    async def __call__(self, _context: Any) -> ListRootsResult:
        self.asked += 1
        return ListRootsResult(roots=[Root(uri=uri) for uri in self.uris])


async def files(client: Any) -> str:
    return (await call(client, "rlm_repl", code=LIST))["output"]


@pytest.mark.parametrize("mode", ERAS)
async def test_the_clients_roots_are_the_workspace(repositories: dict[str, Path], mode: str) -> None:
    folders = Folders(repositories["one"], repositories["two spaces"])
    here = repositories["here"]
    async with connected(None, mode, cwd=here, list_roots_callback=folders) as client:
        assert await files(client) == "['one/one.py', 'two spaces/two-spaces.py']\n"


@pytest.mark.filterwarnings("ignore:The roots capability:mcp.shared.exceptions.MCPDeprecationWarning")
@pytest.mark.parametrize("mode", ERAS)
async def test_roots_may_change_meanwhile(repositories: dict[str, Path], mode: str) -> None:
    folders = Folders(repositories["one"])
    async with connected(None, mode, cwd=repositories["here"], list_roots_callback=folders) as client:
        session = await call(client, "rlm_repl", code="x = 1")
        folders.uris = [repositories["two spaces"].as_uri()]
        if mode == "legacy":
            await client.session.send_roots_list_changed()
        seen = "['one.py']\n"
        while seen == "['one.py']\n":
            result = await client.call_tool("rlm_repl", {"code": LIST})
            # A session that lies across the change is refused, and says why.
            assert not result.is_error or "folders have changed" in text_of(result)
            seen = seen if result.is_error else result.structured_content["output"]
        assert seen == "['two-spaces.py']\n"
        assert "folders have changed" in await failure(
            client, "rlm_repl", session=session["session"], code="x"
        )


@pytest.mark.parametrize("mode", ERAS)
async def test_the_command_line_wins(repositories: dict[str, Path], mode: str) -> None:
    folders = Folders(repositories["one"])
    async with attached(repositories["two spaces"], mode, list_roots_callback=folders) as client:
        assert await files(client) == "['two-spaces.py']\n"
        assert not folders.asked


@pytest.mark.parametrize("mode", ERAS)
async def test_without_roots_it_is_where_the_server_stands(
    repositories: dict[str, Path], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = repositories["here"] / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    async with attached(None, mode) as client:
        assert await files(client) == "['here.py']\n", "git's top level"
    async with attached(None, mode, list_roots_callback=Folders()) as client:
        assert await files(client) == "['here.py']\n"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_home_or_a_file_system_is_refused(
    own_home: Path, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own_home)
    async with attached(None, mode) as client:
        assert "is a home folder, not a project" in await failure(client, "rlm_query", question="What?")
        assert "is a home folder, not a project" in await failure(client, "rlm_repl", code="1")
    folders = Folders(tmp_path.parents[-1])
    async with attached(None, mode, list_roots_callback=folders) as client:
        assert "is a whole file system" in await failure(client, "rlm_repl", code="1")
        folders.uris = ["file://elsewhere/repo"]
        if mode != "legacy":
            assert "None of the client's roots" in await failure(client, "rlm_repl", code="1")
