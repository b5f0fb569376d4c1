"""What is published besides the wheel, and that nothing names what is not published yet."""

from __future__ import annotations

import json
import os
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from rlm_core import config
from rlm_mcp.cli.main import parser
from tests.support.files import git_repository

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SERVER = json.loads((ROOT / "packaging" / "registry" / "server.json").read_text())
MANIFEST = json.loads((ROOT / "packaging" / "mcpb" / "manifest.json").read_text())


def test_server_json_keeps_the_rules_of_its_schema() -> None:
    """https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json."""
    assert SERVER["$schema"] == "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", SERVER["name"])
    assert 1 <= len(SERVER["title"]) <= 100
    assert 1 <= len(SERVER["description"]) <= 100
    known = {"$schema", "name", "title", "description", "version", "packages"}
    assert SERVER.keys() <= known, "fields that this test does not know"
    (package,) = SERVER["packages"]
    assert (package["registryType"], package["identifier"]) == ("pypi", PROJECT["name"])
    assert (package["runtimeHint"], package["transport"]) == ("uvx", {"type": "stdio"})
    inputs = {"description", "format", "isRequired", "isSecret", "default", "placeholder", "value", "choices"}
    for argument in package["packageArguments"]:
        assert argument["type"] == "named"
        assert argument.keys() <= inputs | {"type", "name", "isRepeated"}
        assert argument.get("format", "string") in {"string", "number", "boolean", "filepath"}
    for variable in package["environmentVariables"]:
        assert variable.keys() <= inputs | {"name"}


def test_server_json_names_real_flags_and_variables() -> None:
    (package,) = SERVER["packages"]
    for argument in package["packageArguments"]:
        assert parser("serve").parse_args(["serve", f"{argument['name']}=x"])
    assert [variable["name"] for variable in package["environmentVariables"]] == list(config.ENVIRONMENT)
    secrets = [variable["name"] for variable in package["environmentVariables"] if variable.get("isSecret")]
    assert secrets == ["OPENAI_API_KEY"]


def test_readme_proves_to_the_registry_whose_package_it_is() -> None:
    assert f"mcp-name: {SERVER['name']} " in (ROOT / "README.md").read_text()


# The package's name where an installer would look it up on the index, in a shell or in a client's file.
FETCHED = re.compile(
    r"""(?x) (?: uvx | pipx? [ ] (?: install | run ) | tool [ ] (?: install | run ) | --from )
    (?: [\s"'`,:=\[\]] | args )+
    rlm[-_]mcp \b (?! (?: \[ [\w,]+ \] )? \s* @ \s* git\+ )"""
)


@pytest.mark.parametrize(
    "text",
    [
        "uvx rlm-mcp",
        "uvx --from rlm-mcp==0.1.0 rlm-mcp",
        "pip install rlm-mcp",
        "pip install 'rlm-mcp[wasm]'",
        "pipx install rlm-mcp",
        "uv tool install rlm-mcp",
        '"command": "uvx", "args": ["rlm-mcp", "--root", "/src"]',
        'command = "uvx"\nargs = ["rlm-mcp"]',
        '"command": ["uvx", "rlm-mcp"]',
    ],
)
def test_a_name_that_would_be_fetched_is_seen(text: str) -> None:
    assert FETCHED.search(text)


def test_nothing_names_a_package_that_is_not_published() -> None:
    """Whoever registered the name on the index would run code on the machine of whoever follows the text."""
    folders = ("core", "editor-clients", "packaging", "rlm_lsp", "rlm_mcp")
    made = {"node_modules", "out", "__pycache__"}
    files = [*ROOT.glob("*.md"), *(path for folder in folders for path in (ROOT / folder).rglob("*"))]
    texts = {path: path.read_text() for path in files if path.is_file() and not made.intersection(path.parts)}
    assert len(texts) > 100
    found = [
        (path.relative_to(ROOT), hit[0]) for path, text in texts.items() for hit in FETCHED.finditer(text)
    ]
    assert found == []


def test_the_bundle_asks_for_every_variable() -> None:
    assert list(MANIFEST["server"]["mcp_config"]["env"]) == list(config.ENVIRONMENT)
    assert [name for name, asked in MANIFEST["user_config"].items() if asked.get("sensitive")] == ["api_key"]


async def test_the_bundle_starts_the_server(tmp_path: Path) -> None:
    """As a host does it: unpacked, its variables filled in, with the values of fields left empty."""
    built = os.environ.get("RLM_TEST_MCPB")
    if built is None:
        reason = "There is no bundle; packaging/mcpb/build makes one, RLM_TEST_MCPB says where it is."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    bundle = tmp_path / "bundle"
    zipfile.ZipFile(built).extractall(bundle)
    manifest = json.loads((bundle / "manifest.json").read_text())
    repository = git_repository(tmp_path / "repo", {"greeting.py": "def greet(): ...\n"})
    values = {name: asked.get("default", "") for name, asked in manifest["user_config"].items()}
    values["root"] = str(repository)

    def filled(text: str) -> str:
        text = text.replace("${__dirname}", str(bundle))
        return re.sub(r"\$\{user_config\.(\w+)\}", lambda match: values[match[1]], text)

    start: dict[str, Any] = manifest["server"]["mcp_config"]
    server = StdioServerParameters(
        command=start["command"],
        args=[filled(argument) for argument in start["args"]],
        env={**os.environ, **{name: filled(value) for name, value in start["env"].items()}},
        cwd="/",
    )
    async with Client(server) as client:
        answer = await client.call_tool("rlm_query", {"question": "Where is `greet`?"})
    assert answer.structured_content is not None
    assert "greeting.py:1-1 function greet" in answer.structured_content["answer"]
    assert answer.structured_content["status"] == "extract"
