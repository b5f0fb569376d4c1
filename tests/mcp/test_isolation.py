"""`--sandbox`: what isolates programs, and what everybody is told who is answered without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lsp.editor import editing
from tests.mcp.clients import FILES, call, connected
from tests.mcp.test_cli import rlm
from tests.support.files import git_repository, write_tree

if TYPE_CHECKING:
    from pathlib import Path

WARNING = "Programs ran WITHOUT ISOLATION"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


@pytest.mark.parametrize("kind", ["native", "wasm", "none"])
def test_exec_and_ask_say_when_nothing_isolates_programs(repository: Path, kind: str) -> None:
    ran = rlm("exec", "--sandbox", kind, "len(context)", cwd=repository)
    assert (ran.returncode, ran.stdout) == (0, "3\n")
    assert (WARNING in ran.stderr) == (kind == "none")
    answered = rlm("ask", "--sandbox", kind, "Where is `total_price` defined?", cwd=repository)
    assert "`shop/cart.py:7-9` `Cart.total_price`" in answered.stdout
    assert (WARNING in answered.stdout) == (kind == "none")


def test_without_isolation_a_program_has_the_user_s_rights(repository: Path) -> None:
    ran = rlm("exec", "--sandbox", "none", "open('/dev/null').read() == ''", cwd=repository)
    assert ran.stdout == "True\n"
    doctor = rlm("doctor", "--sandbox", "none", cwd=repository)
    assert doctor.returncode == 1
    assert "programs are isolated by NOTHING" in doctor.stdout
    assert "read a file: NOT BLOCKED" in doctor.stdout


@pytest.mark.parametrize("kind", ["wasm", "none"])
async def test_an_assistant_is_told_with_every_answer(repository: Path, kind: str) -> None:
    async with connected(repository, "auto", "--sandbox", kind) as client:
        answer = await call(client, "rlm_query", question="Where is `total_price` defined?")
        assert any(WARNING in note for note in answer["notes"]) == (kind == "none")
        step = await call(client, "rlm_repl", code="x = 1")
        for _ in range(2):
            assert step["status"] == "done"
            assert any(WARNING in note for note in step["notes"]) == (kind == "none")
            step = await call(client, "rlm_repl", session=step["session"], code="print(x)")


async def test_an_editor_is_told(repository: Path, own_home: Path) -> None:
    write_tree(own_home / "rlm-mcp", {"rlm.toml": '[sandbox]\nbackend = "none"\n'})
    async with editing(repository) as editor:
        answer = await editor.ask("Where is `total_price` defined?")
        assert any(WARNING in note for note in answer["notes"])


def test_a_project_cannot_choose(repository: Path) -> None:
    write_tree(repository, {"rlm.toml": '[sandbox]\nbackend = "none"\n'})
    ran = rlm("exec", "open('/dev/null')", cwd=repository)
    assert "PermissionError" in ran.stderr
    assert "sandbox.backend" in ran.stderr
    assert WARNING not in ran.stderr


def test_an_unknown_kind_is_refused(repository: Path) -> None:
    ran = rlm("exec", "--sandbox", "docker", "1", cwd=repository)
    assert ran.returncode == 2
    assert "sandbox.backend" in ran.stderr
    assert "'native', 'wasm' or 'none'" in ran.stderr
