"""Releasing: that the version is one, and that a tag builds the plugin's own repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.files import git

ROOT = Path(__file__).parents[1]
VERSION = "packaging/release/version.py"
VERSIONED = (
    "pyproject.toml",
    "core/rlm_core/__init__.py",
    "packaging/mcpb/manifest.json",
    "packaging/registry/server.json",
    "editor-clients/vscode/package.json",
)


def run(tree: Path, *command: str) -> str:
    """What a script of a tree prints; its complaint where it fails."""
    start = [sys.executable] if command[0].endswith(".py") else []
    done = subprocess.run(
        [*start, str(tree / command[0]), *command[1:]], capture_output=True, text=True, check=False
    )
    assert bool(done.returncode) == bool(done.stderr)
    return done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what releasing touches, as a repository."""
    for name in (*VERSIONED, VERSION, "CHANGELOG.md", "LICENSE"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("packaging/neovim", "editor-clients/neovim"):
        shutil.copytree(ROOT / name, tmp_path / name)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message=all")
    return tmp_path


def test_one_version_everywhere() -> None:
    assert run(ROOT, VERSION, "check") == ""


def test_a_version_that_is_set_can_be_tagged(tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A door.\n")
    assert run(tree, VERSION, "set", "1.2.3") == ""
    assert run(tree, VERSION, "check", "v1.2.3") == ""
    assert run(tree, VERSION, "notes") == "### Added\n\n- A door.\n"
    for name in VERSIONED:
        assert "1.2.3" in (tree / name).read_text()
        before = re.sub(r"\d+\.\d+\.\d+", "", git(tree, "show", f"HEAD:{name}"))
        assert re.sub(r"\d+\.\d+\.\d+", "", (tree / name).read_text()) == before, "nothing else changes"
    assert "v1.2.3" in run(tree, VERSION, "check", "v1.2.4")
    assert "nothing under Unreleased" in run(tree, VERSION, "set", "1.2.4")


def test_a_tag_needs_its_section_alone(tree: Path) -> None:
    changelog = tree / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\n## [Unreleased]\n\n- A door.\n")
    assert run(tree, VERSION, "set", "1.2.3") == ""
    finished = changelog.read_text()
    changelog.write_text(finished.replace("[Unreleased]\n", "[Unreleased]\n\n- A window.\n"))
    assert "under Unreleased" in run(tree, VERSION, "check", "v1.2.3")
    changelog.write_text(finished.replace("1.2.3", "1.2.2"))
    assert "'## [1.2.3]'" in run(tree, VERSION, "check", "v1.2.3")


@pytest.mark.parametrize("name", VERSIONED)
def test_a_file_that_was_forgotten_is_named(tree: Path, name: str) -> None:
    text = (tree / name).read_text()
    version = re.search(r'^[ "_]*version[_"]*(?: =|:) "(.*)"', text, re.MULTILINE)
    assert version
    (tree / name).write_text(text[: version.start(1)] + "9.9.9" + text[version.end(1) :])
    assert f"{name} says 9.9.9" in run(tree, VERSION, "check")
    (tree / name).write_text(text.replace("version", "edition"))
    assert f"{name} has 0 lines" in run(tree, VERSION, "check")


def test_the_plugin_gets_a_repository_of_its_own(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mirror = tmp_path_factory.mktemp("mirror")
    git(mirror, "init", "--quiet", "--bare", "--initial-branch=main")
    plugin = set(git(tree, "ls-files", "editor-clients/neovim").replace("editor-clients/neovim/", "").split())

    assert run(tree, "packaging/neovim/build") == ""
    assert run(tree, "packaging/neovim/publish", str(mirror), "v1.2.3") == ""
    assert set(git(mirror, "ls-tree", "-r", "--name-only", "v1.2.3").split()) == {*plugin, "LICENSE"}

    assert "already" in run(tree, "packaging/neovim/publish", str(mirror), "v1.2.3")
    (tree / "editor-clients/neovim/doc/rlm.txt").unlink()
    git(tree, "commit", "--quiet", "--all", "--message=less")
    run(tree, "packaging/neovim/build")
    run(tree, "packaging/neovim/publish", str(mirror), "v1.2.4")
    assert git(mirror, "log", "--format=%s", "main").split("\n")[:2] == ["rlm-mcp v1.2.4", "rlm-mcp v1.2.3"]
    assert "doc/rlm.txt" not in git(mirror, "ls-tree", "-r", "--name-only", "main")
