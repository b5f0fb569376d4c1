"""`rlm-mcp install` and `uninstall` on real files: what is written, what is kept, what is refused."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client as McpClient
from mcp import StdioServerParameters

from rlm_core import config
from rlm_mcp.cli.clients import installation, jsonc, toml
from rlm_mcp.cli.clients.client import Client
from rlm_mcp.cli.clients.formats import ClientFileError, MalformedError
from rlm_mcp.cli.clients.launch import Launch, launch
from rlm_mcp.cli.clients.locations import Locations
from rlm_mcp.cli.clients.registry import CLIENTS
from rlm_mcp.cli.main import main
from tests.support.files import git_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    CameFrom = Callable[[dict[str, Any] | None], None]

README = Path(__file__).parents[2] / "README.md"

COMMENTED = """\
// My settings
{
    "theme": "One Dark", // dark
    /* servers */
    "context_servers": {
        "other": {"command": "other", "env": {"TOKEN": "hunter2"}}, // keep
    },
    "tabs": [1, 2,],
}
"""
CODEX = """\
model = "gpt-5" # the best

[mcp_servers.other]
command = "other" # keep
env = { TOKEN = "hunter2" }

[projects."/src/shop"]
trust_level = "trusted"
"""


@pytest.fixture(params=list(CLIENTS.values()), ids=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Client:
    found: Client = request.param
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = git_repository(tmp_path / "shop", {"cart.py": "total = 0\n"})
    monkeypatch.chdir(folder)
    return folder


# What installers leave beside the package, PEP 610; nothing where it came from an index.
COMMIT = "4308ecc49f45c50924f87a3f2c0cfe08bf4d81d8"
GIT = {"url": "https://git.example/rlm-mcp", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}
PINNED = ["uvx", "--from", f"git+https://git.example/rlm-mcp@{COMMIT}", "rlm-mcp"]


@pytest.fixture
def came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CameFrom:
    """Puts an installation's metadata before the real one's."""

    def put(record: dict[str, Any] | None) -> None:
        site = tmp_path / "site"
        folder = site / "rlm_mcp-9.9.9.dist-info"
        written(folder / "METADATA", "Metadata-Version: 2.4\nName: rlm-mcp\nVersion: 9.9.9\n")
        if record is not None:
            written(folder / "direct_url.json", json.dumps(record))
        monkeypatch.syspath_prepend(site)

    return put


@pytest.fixture
def in_uvx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment in uv's cache; gives the path of `uvx`."""
    uvx = written(tmp_path / "bin" / "uvx", "")
    uvx.chmod(0o755)
    monkeypatch.setenv("PATH", str(uvx.parent), prepend=os.pathsep)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "archive-v0" / "x"))
    return str(uvx)


def rlm(*arguments: str) -> int:
    return main(list(arguments))


def user_file(client: Client) -> Path:
    return client.user_file(Locations.here())


def install(client: Client, *arguments: str) -> int:
    root = ["--root", "."] if client.needs_root else []
    return rlm("install", client.id, *root, *arguments)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def entry_in(client: Client, path: Path, name: str = "rlm") -> dict[str, Any]:
    values = client.format.parse(path.read_text())
    for key in client.servers_keys_in(values):
        values = values[key]
    found: dict[str, Any] = values[name]
    return found


def command_of(entry: dict[str, Any]) -> list[str]:
    command = entry["command"]
    return command if isinstance(command, list) else [command, *entry["args"]]


def test_installing_twice_and_uninstalling(client: Client, project: Path) -> None:
    path = user_file(client)
    assert install(client) == 0
    first = path.read_bytes()
    assert command_of(entry_in(client, path))[0] == launch([], portable=False).line[0]
    assert install(client) == 0
    assert path.read_bytes() == first
    assert rlm("uninstall", client.id) == 0
    assert installation.installed(client, Locations.here(), project) == ([], [])
    assert rlm("uninstall", client.id) == 0


async def test_what_is_written_starts_the_server(project: Path) -> None:
    """Even with the environment of a desktop, where no PATH leads to this installation."""
    client = CLIENTS["claude-code"]
    install(client)
    entry = entry_in(client, user_file(client))
    server = StdioServerParameters(
        command=entry["command"], args=entry["args"], cwd=project,
        env={"HOME": os.environ["HOME"], "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    async with McpClient(server) as session:
        assert "rlm_query" in [tool.name for tool in (await session.list_tools()).tools]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("zed", COMMENTED),
        ("zed", COMMENTED.replace("\n", "\r\n")),
        ("zed", "\ufeff" + COMMENTED),
        ("codex", CODEX),
        ("codex", CODEX.replace("\n", "\r\n")),
        ("claude-code", json.dumps({"numStartups": 3, "mcpServers": {"other": {"command": "x"}}}, indent=2)),
        ("claude-code", '{"mcpServers":{}}'),
        ("opencode", '{"mcp": {"servers": {"other": {"type": "local", "command": ["x"]}}}}'),
    ],
)
def test_everything_else_keeps_its_bytes(project: Path, name: str, text: str) -> None:
    client = CLIENTS[name]
    path = written(user_file(client), text)
    install(client)
    assert path.read_bytes() != text.encode()
    kept = iter(path.read_bytes().splitlines(keepends=True))
    lost = [line for line in text.encode().splitlines(keepends=True) if line not in kept]
    assert len(lost) <= 1, "at most the line that gets a comma"
    assert path.with_name(path.name + ".rlm-mcp.bak").read_bytes() == text.encode()
    rlm("uninstall", name)
    assert path.read_bytes() == text.encode() or text.count("\n") == 0


@pytest.mark.parametrize(
    "text", ["{}\n", '{\n  "theme": "dark"\n}\n', '{\n\t"a": [1], // mine\n}', "\ufeff{}"]
)
def test_the_map_of_servers_goes_if_it_came_with_the_server(project: Path, text: str) -> None:
    path = written(user_file(CLIENTS["cursor"]), text)
    install(CLIENTS["cursor"])
    path.write_text(path.read_text().replace('"command"', '"note": 1, "command"'))
    rlm("uninstall", "cursor")
    assert path.read_text() == text


@pytest.mark.parametrize(
    "text",
    [
        '{\n  "mcpServers": {},\n  "theme": "dark"\n}\n',
        '{\n  "mcpServers": {\n    // none yet\n  }\n}\n',
        '{ "mcpServers": {} }\n',
    ],
)
def test_an_empty_map_of_servers_that_was_there_stays(project: Path, text: str) -> None:
    path = written(user_file(CLIENTS["cursor"]), text)
    install(CLIENTS["cursor"])
    rlm("uninstall", "cursor")
    assert path.read_text() == text


def test_a_comment_stays_with_its_line(project: Path) -> None:
    path = written(user_file(CLIENTS["cursor"]), '{\n\t"mcpServers": {\n\t\t"a": {} // mine\n\t}\n}\n')
    install(CLIENTS["cursor"])
    assert '\t\t"a": {}, // mine\n\t\t"rlm": {\n\t\t\t"command"' in path.read_text()


def test_fields_of_the_users_own_survive_an_update(project: Path) -> None:
    client = CLIENTS["gemini"]
    install(client)
    path = user_file(client)
    text = path.read_text().replace('"rlm": {', '"rlm": {\n      "timeout": 90000, // patient')
    text = text.replace('"$OPENAI_API_KEY"', '"$WORK_KEY"')
    written(path, text.replace(launch([], portable=False).line[0], "/gone/bin/rlm-mcp"))
    install(client, "--root", ".")
    entry = entry_in(client, path)
    assert entry["timeout"] == 90000
    assert entry["env"] == {"OPENAI_API_KEY": "$WORK_KEY"}
    assert "// patient" in path.read_text()
    assert command_of(entry) == [launch([], portable=False).line[0], "--root", str(project)]


def test_arguments_of_the_users_own_survive_an_update(client: Client, project: Path) -> None:
    """Roots are replaced by roots alone."""
    rlm("install", client.id, "--root", ".")
    path = user_file(client)
    path.write_text(path.read_text().replace('"--root"', '"--max-seconds", "50", "--root"'))
    rlm("install", client.id, "--root", str(project.parent))
    program = launch([], portable=False).line[0]
    kept = [program, "--max-seconds", "50", "--root", str(project.parent)]
    assert command_of(entry_in(client, path)) == kept
    if not client.needs_root:
        rlm("install", client.id)
        assert command_of(entry_in(client, path)) == kept


def test_a_folder_called_rlm_mcp_makes_no_server_ours(project: Path) -> None:
    path = user_file(CLIENTS["cursor"])
    text = '{"mcpServers": {"rlm": {"command": "npx", "args": ["server-filesystem", "/src/rlm-mcp"]}}}'
    written(path, text)
    assert rlm("uninstall", "cursor") == 1
    assert install(CLIENTS["cursor"]) == 1
    assert path.read_text() == text


def test_links_in_a_repository_lead_nowhere(project: Path, tmp_path: Path, came_from: CameFrom) -> None:
    """A hostile repository may hold links with the names that are going to be written."""
    came_from(GIT)
    victim = written(tmp_path / "victim.json", "{}")
    (project / ".mcp.json").symlink_to(victim)
    assert rlm("install", "claude-code", "--project") == 1
    (project / ".vscode").symlink_to(tmp_path)
    (tmp_path / "mcp.json").write_text("{}")
    assert rlm("install", "vscode", "--project") == 1
    assert (tmp_path / "mcp.json").read_text() == "{}"
    (project / ".cursor").mkdir()
    (project / ".cursor" / "mcp.json").write_text("{}")
    (project / ".cursor" / "mcp.json.rlm-mcp.bak").symlink_to(victim)
    assert rlm("install", "cursor", "--project") == 0
    assert not (project / ".cursor" / "mcp.json.rlm-mcp.bak").is_symlink()
    assert victim.read_text() == "{}"


HOSTILE = {
    "a link": (".mcp.json", "is a link; of a project, only files are read"),
    "behind a link": (".vscode/mcp.json", "cannot be reached without following a link"),
    "a pipe": (".mcp.json", "is no file; of a project, only files are read"),
    "large": (".mcp.json", "has more than the 1,000,000 bytes that are read"),
    "large TOML": (".codex/config.toml", "has more than the 16,384 bytes that are read"),
    "deep": (".mcp.json", "cannot be understood, nested too deeply"),
    "deep TOML": (".codex/config.toml", "cannot be understood, nested too deeply"),
    "digits": (".mcp.json", "cannot be understood, a number has too many digits"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_repositorys_file_is_read_with_a_bound(
    project: Path, tmp_path: Path, came_from: CameFrom, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """And hides nothing of the user's own."""
    came_from(GIT)
    name, words = HOSTILE[kind]
    path = project / name
    match kind:
        case "a link":
            path.symlink_to(written(tmp_path / "victim.json", "{}"))
        case "behind a link":
            written(tmp_path / "victim" / "mcp.json", "{}")
            path.parent.symlink_to(tmp_path / "victim")
        case "a pipe":
            os.mkfifo(path)
        case "large":
            written(path, "{" + " " * 1_000_000 + "}")
        case "large TOML":
            written(path, "#" * 20_000)
        case "deep":
            written(path, '{"a":' * 100_000)
        case "deep TOML":
            written(path, "a = " + "[" * 10_000)
        case "digits":
            written(path, '{"a": ' + "1" * 100_000 + "}")
    client = next(client for client in CLIENTS.values() if name in client.project_files)
    install(client)
    capsys.readouterr()
    assert rlm("install", "--list") == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(client.id))
    assert f"'rlm' in {user_file(client)}; {path} {words}" in row
    assert rlm("install", client.id, "--project") == 1
    assert f"{path} {words}" in capsys.readouterr().err


def test_nothing_is_parsed_by_tree_sitter(project: Path) -> None:
    """Its grammars are C, and a repository's text is hostile: it is parsed in the sandbox alone."""
    written(project / ".mcp.json", '{"mcpServers": {}} // mine\n')
    code = (
        "import sys; from rlm_mcp.cli.main import main; main(['install', '--list']); "
        "main(['install', 'cursor']); sys.exit(any('tree_sitter' in name for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_shared_file_names_a_commit_and_no_path_of_this_machine(
    client: Client, project: Path, came_from: CameFrom
) -> None:
    came_from(GIT)
    if not client.project_files:
        assert install(client, "--project") == 2
        return
    assert install(client, "--project") == 0
    path = client.project_file(project)
    assert path is not None
    assert command_of(entry_in(client, path)) == PINNED
    assert str(Path.home()) not in path.read_text()
    assert rlm("uninstall", client.id, "--project") == 0


WHEEL = "https://files.example/rlm_mcp-9.9.9-py3-none-any.whl"


@pytest.mark.parametrize(
    ("record", "origin"),
    [
        (None, "where no URL is recorded"),
        ({"url": "file:///src/rlm-mcp", "dir_info": {"editable": True}}, "file:///src/rlm-mcp."),
        ({**GIT, "url": "file:///src/rlm-mcp"}, f"git+file:///src/rlm-mcp@{COMMIT}."),
        ({"url": WHEEL, "archive_info": {}}, f"{WHEEL}."),
    ],
)
@pytest.mark.usefixtures("in_uvx")
def test_a_shared_file_is_refused_what_others_lack_or_could_replace(
    project: Path,
    came_from: CameFrom,
    capsys: pytest.CaptureFixture[str],
    record: dict[str, Any] | None,
    origin: str,
) -> None:
    came_from(record)
    assert rlm("install", "vscode", "--project") == 2
    told = capsys.readouterr().err
    assert f"came from {origin}" in told
    assert "whoever registers the name there would run code" in told
    assert "Leave --project out" in told
    assert "uvx --from git+URL rlm-mcp install" in told
    assert not (project / ".vscode").exists()


@pytest.mark.parametrize(
    ("record", "source"),
    [
        (GIT, PINNED[2]),
        ({**GIT, "subdirectory": "tools/rlm"}, f"{PINNED[2]}#subdirectory=tools/rlm"),
        ({"url": "file:///a%20b/rlm-mcp", "dir_info": {}}, "file:///a%20b/rlm-mcp"),
        ({"url": WHEEL, "archive_info": {}}, WHEEL),
    ],
)
def test_an_entry_that_uvx_makes_keeps_the_source(
    project: Path, came_from: CameFrom, in_uvx: str, record: dict[str, Any], source: str
) -> None:
    came_from(record)
    path = user_file(CLIENTS["cursor"])
    for _ in range(2):
        assert rlm("install", "cursor", "--root", ".") == 0
        command = [in_uvx, "--from", source, "rlm-mcp", "--root", str(project)]
        assert command_of(entry_in(CLIENTS["cursor"], path)) == command


def test_uvx_with_a_package_of_an_index_is_refused(
    project: Path, came_from: CameFrom, in_uvx: str, capsys: pytest.CaptureFixture[str]
) -> None:
    came_from(None)
    assert rlm("install", "cursor") == 2
    assert "uvx --from SOURCE rlm-mcp install" in capsys.readouterr().err
    assert not user_file(CLIENTS["cursor"]).exists()


def test_an_entry_whose_source_begins_with_the_name_is_brought_up_to_date(project: Path) -> None:
    source = f"rlm-mcp@git+https://git.example/rlm-mcp@{COMMIT}"
    server = {"command": "uvx", "args": ["--from", source, "rlm-mcp", "--max-seconds", "50"]}
    path = written(user_file(CLIENTS["cursor"]), json.dumps({"mcpServers": {"rlm": server}}))
    assert rlm("install", "cursor") == 0
    command = [*launch([], portable=False).line, "--max-seconds", "50"]
    assert command_of(entry_in(CLIENTS["cursor"], path)) == command


def test_no_value_of_a_variable_is_written(
    client: Client, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in config.ENVIRONMENT:
        monkeypatch.setenv(name, f"secret-{name}")
    install(client)
    assert "secret-" not in user_file(client).read_text()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("cursor", '{"mcpServers": {"a": }}', "1:22: expecting value"),
        ("cursor", '{\n  "mcpServers": [],\n}', "'mcpServers' is not an object"),
        ("cursor", "{\n  mcpServers: {}\n}", "2:3"),
        ("cursor", "[]", "an object is wanted"),
        ("cursor", '{"a":' * 5000 + "{}" + "}" * 5000, "nested too deeply"),
        ("vscode", '{"servers": {"rlm": {"url": "https://example.com/mcp"}}}', "--name"),
        ("codex", "model = ", "Invalid value"),
        ("codex", "mcp_servers = 3\n", "'mcp_servers' is not a table"),
        ("codex", '[mcp_servers.rlm]\ncommand = "npx"\n', "that is not rlm-mcp"),
    ],
)
def test_a_file_that_cannot_be_edited_is_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, words: str
) -> None:
    path = written(user_file(CLIENTS[name]), text)
    assert install(CLIENTS[name]) == 1
    told = capsys.readouterr().err
    assert words in told
    assert f"{path}" in told
    assert "left as it is" in told
    assert path.read_text() == text
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_bytes_that_are_no_text(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = user_file(CLIENTS["cursor"])
    path.parent.mkdir()
    path.write_bytes(b'{"a": "\xff"}')
    assert install(CLIENTS["cursor"]) == 1
    assert "not UTF-8" in capsys.readouterr().err


def test_another_name_beside_a_foreign_server(project: Path) -> None:
    client = CLIENTS["vscode"]
    path = written(user_file(client), '{"servers": {"rlm": {"url": "https://example.com/mcp"}}}')
    assert install(client, "--name", "shop") == 0
    assert command_of(entry_in(client, path, "shop")) == [launch([], portable=False).line[0]]
    assert rlm("uninstall", "vscode") == 1
    assert rlm("uninstall", "vscode", "--name", "shop") == 0
    assert json.loads(path.read_text()) == {"servers": {"rlm": {"url": "https://example.com/mcp"}}}


def test_a_symbolic_link_stays_one_and_the_mode_is_kept(project: Path, tmp_path: Path) -> None:
    dotfiles = written(tmp_path / "dotfiles" / "claude.json", "{}\n")
    dotfiles.chmod(0o600)
    path = user_file(CLIENTS["claude-code"])
    path.symlink_to(dotfiles)
    install(CLIENTS["claude-code"])
    assert path.is_symlink()
    assert "rlm-mcp" in dotfiles.read_text()
    for file in (dotfiles, dotfiles.with_name("claude.json.rlm-mcp.bak")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(list(dotfiles.parent.iterdir())) == 2


def test_every_client_is_on_the_list() -> None:
    assert {type(client) for client in CLIENTS.values()} == set(Client.__subclasses__())


def test_a_dry_run_writes_nothing_and_shows_no_key_of_a_neighbour(
    client: Client, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    servers: dict[str, Any] = {"other": {"command": "x", "env": {"TOKEN": "hunter2"}}}
    text = json.dumps({client.servers_keys[0]: servers}, indent=2) if client.format is jsonc else CODEX
    path = written(user_file(client), text)
    assert install(client, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("---")
    assert "rlm-mcp" in shown
    assert "hunter2" not in shown
    assert path.read_text() == text


def test_a_change_by_somebody_else_is_not_overwritten(project: Path) -> None:
    client = CLIENTS["claude-code"]
    path = written(user_file(client), "{}")
    file = installation.user_file(client, Locations.here())
    edit = installation.plan_install(client, file, Launch(("/bin/rlm-mcp",)))
    path.write_text('{"numStartups": 4}')
    with pytest.raises(ClientFileError, match="changed meanwhile"):
        edit.apply()
    assert path.read_text() == '{"numStartups": 4}'
    assert not list(path.parent.glob(".*.tmp"))


def test_a_folder_that_cannot_be_made(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(Path.home() / ".codex", "a file")
    assert install(CLIENTS["codex"]) == 1
    assert re.search(r"\.codex.* cannot be (written|read): ", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["claude-desktop"], "say which with --root DIR"),
        (["codex", "--root", "nowhere"], "no folder nowhere"),
        ([], "claude-desktop, claude-code"),
    ],
)
def test_misuse_gets_a_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert rlm("install", *arguments) == 2
    assert words in capsys.readouterr().err
    assert not list(Path.home().rglob("*.json"))


def test_the_list_and_the_doctor_say_where_it_is(
    project: Path, came_from: CameFrom, capsys: pytest.CaptureFixture[str]
) -> None:
    came_from(GIT)
    assert rlm("doctor") == 0
    assert "none starts this server yet" in capsys.readouterr().out
    install(CLIENTS["codex"])
    install(CLIENTS["cursor"], "--project")
    written(user_file(CLIENTS["zed"]), "{")
    (Path.home() / ".gemini").mkdir()
    capsys.readouterr()
    assert rlm("install", "--list") == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert f"'rlm' in {Path.home() / '.codex/config.toml'}" in rows["codex"]
    assert f"'rlm' in {project / '.cursor/mcp.json'}" in rows["cursor"]
    assert "1:2: expecting property name" in rows["zed"]
    assert rows["gemini"].endswith(" found")
    assert rows["continue"].endswith("not found")
    path = user_file(CLIENTS["codex"])
    path.write_text(path.read_text().replace(launch([], portable=False).line[0], "/gone/rlm-mcp"))
    assert rlm("doctor") == 1
    told = capsys.readouterr().out
    assert "Codex starts '/gone/rlm-mcp', which is not there" in told
    assert "rlm-mcp install codex mends it" in told


LINUX = {
    "claude-desktop": ".config/Claude/claude_desktop_config.json",
    "claude-code": ".claude.json",
    "codex": ".codex/config.toml",
    "cursor": ".cursor/mcp.json",
    "vscode": ".config/Code/User/mcp.json",
    "zed": ".config/zed/settings.json",
    "gemini": ".gemini/settings.json",
    "opencode": ".config/opencode/opencode.json",
    "continue": ".continue/mcpServers/rlm-mcp.json",
}
MACOS = {
    "claude-desktop": "Library/Application Support/Claude/claude_desktop_config.json",
    "vscode": "Library/Application Support/Code/User/mcp.json",
}
WINDOWS = {
    "claude-desktop": "AppData/Roaming/Claude/claude_desktop_config.json",
    "vscode": "AppData/Roaming/Code/User/mcp.json",
    "zed": "AppData/Roaming/Zed/settings.json",
}


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("linux", LINUX), ("darwin", LINUX | MACOS), ("win32", LINUX | WINDOWS)],
)
def test_where_the_files_are(client: Client, platform: str, expected: dict[str, str]) -> None:
    home = Path("/home/someone")
    assert client.user_file(Locations(platform, home, {})) == home / expected[client.id]


@pytest.mark.parametrize(
    ("name", "variable", "expected"),
    [
        ("claude-code", "CLAUDE_CONFIG_DIR", ".claude.json"),
        ("codex", "CODEX_HOME", "config.toml"),
        ("gemini", "GEMINI_CLI_HOME", ".gemini/settings.json"),
        ("continue", "CONTINUE_GLOBAL_DIR", "mcpServers/rlm-mcp.json"),
        ("opencode", "XDG_CONFIG_HOME", "opencode/opencode.json"),
        ("zed", "XDG_CONFIG_HOME", "zed/settings.json"),
    ],
)
def test_variables_that_move_the_files(name: str, variable: str, expected: str) -> None:
    locations = Locations("linux", Path("/home/someone"), {variable: "/elsewhere"})
    assert CLIENTS[name].user_file(locations) == Path("/elsewhere") / expected


def test_opencode_with_either_file_name(project: Path) -> None:
    path = written(
        Path.home() / "opencode" / "opencode.jsonc", "// mine\n{}\n"
    )  # the home is XDG_CONFIG_HOME
    install(CLIENTS["opencode"])
    assert jsonc.parse(path.read_text())["mcp"]["rlm"]["type"] == "local"
    assert not path.with_name("opencode.json").exists()


def test_readme_shows_the_entry_for_each_client(client: Client) -> None:
    section = README.read_text().split("**" + client.title + "**", 1)[1]
    line, block = section.split("\n", 1)
    home = Path("/home/someone")
    files = [
        f"~/{client.user_file(Locations('linux', home, {})).relative_to(home)}",
        *client.project_files[-1:],
    ]
    assert [name for name in re.findall(r"`([^`]+)`", line) if "/" in name or "." in name][
        -len(files) :
    ] == files
    language, text = re.split(r"```(\w+)\n", block, maxsplit=1)[1:]
    roots = ("--root", "/path/to/project") if client.needs_root else ()
    expected: Any = client.entry(Launch(("/path/to/rlm-mcp",), roots))
    for key in reversed((*client.servers_keys, "rlm")):
        expected = {key: expected}
    text = text.split("```")[0]
    assert (json.loads(text) if language == "json" else tomllib.loads(text)) == expected


# Edits of any text: hypothesis writes files in styles that people use.

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def commented(draw: st.DrawFn) -> str:
    """JSON with comments and trailing commas, where a server named `other` exists."""
    values = draw(st.dictionaries(st.text(max_size=5), VALUES, max_size=3))
    values["mcpServers"] = {**draw(st.dictionaries(st.text(max_size=5), VALUES, max_size=2)), "other": {}}
    values.pop("rlm", None)
    values["mcpServers"].pop("rlm", None)
    text = json.dumps(values, indent=draw(st.sampled_from([None, 1, 2, "\t"])), ensure_ascii=False)
    if "\n" in text:
        extra = draw(st.sampled_from(["", ",", ", // é", " // é", " /* ✓ */"]))
        text = re.sub(r"(?<=[}\]\w\"])\n(?=\s*[}\]])", lambda _: extra + "\n", text)
    return (
        draw(st.sampled_from(["", "// top\n", "\n"])) + text + draw(st.sampled_from(["", "\n", "\n// end"]))
    )


@given(text=commented(), value=VALUES)
def test_json_edits_change_one_value_and_undo_to_the_byte(text: str, value: Any) -> None:
    keys = ("mcpServers", "rlm")
    before = jsonc.parse(text)
    added = jsonc.with_value(text, keys, value)
    assert jsonc.parse(added) == {**before, "mcpServers": {**before["mcpServers"], "rlm": value}}
    changed = jsonc.with_value(added, keys, [value])
    assert jsonc.parse(changed)["mcpServers"]["rlm"] == [value]
    assert jsonc.parse(jsonc.without(changed, keys)) == before
    if '"mcpServers": {\n' in text:
        assert jsonc.without(changed, keys) == text


NAMES = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
TABLES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    NAMES, st.dictionaries(NAMES, st.integers() | st.text("ab #", max_size=3), max_size=2), max_size=3
)


@given(before=TABLES, servers=TABLES, after=TABLES)
def test_toml_edits_change_one_table(
    before: dict[str, Any], servers: dict[str, Any], after: dict[str, Any]
) -> None:
    def table(name: Sequence[str], values: dict[str, Any]) -> str:
        lines = [f"{key} = {json.dumps(value)} # kept" for key, value in values.items()]
        return "\n".join([f"[{'.'.join(name)}]", *lines, "", ""])

    text = "".join(table(["b" + name], values) for name, values in before.items())
    text += "".join(table(["mcp_servers", name], values) for name, values in servers.items() if name != "rlm")
    text += "".join(table(["a" + name], values) for name, values in after.items())
    entry = {"command": "/bin/rlm-mcp", "args": []}
    added = toml.with_value(text, ("mcp_servers", "rlm"), entry)
    values = toml.parse(added)
    assert values["mcp_servers"].pop("rlm") == entry
    assert {"mcp_servers": {}, **toml.parse(text)} == values
    assert toml.parse(toml.without(added, ("mcp_servers", "rlm"))) == toml.parse(text)
    kept = iter(added.splitlines())
    assert all(line in kept for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        '{"a" 1}',
        "[1]",
        "{a: 1}",
        "{'a': 1}",
        '{"a": f()}',
        '{"a": 1',
        '{"a": 1}}',
        '{"a": 01}',
        '{"a": 1,,}',
        "{,}",
        '{"a": [,]}',
        '{"a": 1 /* }',
        '{"a": "\\',
        "{...a}",
        "x",
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match=r"^\d+:\d+: "):
        jsonc.parse(text)


def test_the_command_is_that_of_this_installation() -> None:
    assert Path(launch([], portable=False).line[0]).parent == Path(sys.executable).parent
