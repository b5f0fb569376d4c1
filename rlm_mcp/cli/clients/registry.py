"""Registry of the MCP clients that `rlm-mcp install` knows, one record each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rlm_core import config
from rlm_mcp.cli.clients import toml
from rlm_mcp.cli.clients.client import Client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rlm_mcp.cli.clients.formats import Format
    from rlm_mcp.cli.clients.launch import Launch
    from rlm_mcp.cli.clients.locations import Locations

_KEY = "OPENAI_API_KEY"


class ClaudeDesktop(Client):
    """https://modelcontextprotocol.io/docs/develop/connect-local-servers.

    It passes only HOME, PATH and the like on, and expands no variables.
    """

    id = "claude-desktop"
    title = "Claude Desktop"
    needs_root = True
    next_steps = (
        "Restart Claude Desktop. It passes no environment variables on, so no model is configured there; "
        "the .mcpb bundle asks for a key and keeps it in the system's key store."
    )

    def user_files(self, locations: Locations) -> Sequence[Path]:
        return [locations.applications / "Claude" / "claude_desktop_config.json"]


class ClaudeCode(Client):
    """https://code.claude.com/docs/en/mcp.

    Servers get its whole environment and start in the project's folder.
    """

    id = "claude-code"
    title = "Claude Code"
    programs = ("claude",)
    project_files = (".mcp.json",)
    next_steps = "Start a new session; /mcp shows the server."

    def user_files(self, locations: Locations) -> Sequence[Path]:
        return [locations.folder("CLAUDE_CONFIG_DIR", locations.home) / ".claude.json"]

    def markers(self, locations: Locations) -> Sequence[Path]:
        return [self.user_file(locations), locations.folder("CLAUDE_CONFIG_DIR", locations.home / ".claude")]

    def entry(self, launch: Launch) -> dict[str, Any]:
        return {"type": "stdio", **super().entry(launch)}


class Codex(Client):
    """https://developers.openai.com/codex/mcp.

    Servers start in the project's folder and get HOME, PATH and the like; others by `env_vars`, by name.
    """

    id = "codex"
    title = "Codex"
    programs = ("codex",)
    format: ClassVar[Format] = toml
    servers_keys = ("mcp_servers",)
    project_files = (".codex/config.toml",)
    next_steps = (
        "Start a new session; /mcp shows the server. A project's file counts once the project is trusted."
    )

    def user_files(self, locations: Locations) -> Sequence[Path]:
        return [locations.folder("CODEX_HOME", locations.home / ".codex") / "config.toml"]

    def entry(self, launch: Launch) -> dict[str, Any]:
        return {**super().entry(launch), "env_vars": list(config.ENVIRONMENT)}


class Cursor(Client):
    """https://cursor.com/docs/context/mcp."""

    id = "cursor"
    title = "Cursor"
    programs = ("cursor",)
    project_files = (".cursor/mcp.json",)
    next_steps = "Restart Cursor and see that the server is on under Settings, MCP."

    def user_files(self, locations: Locations) -> Sequence[Path]:
        return [locations.home / ".cursor" / "mcp.json"]


class VSCode(Client):
    """https://code.visualstudio.com/docs/agents/reference/mcp-configuration."""

    id = "vscode"
    title = "VS Code"
    programs = ("code",)
    servers_keys = ("servers",)
    project_files = (".vscode/mcp.json",)
    next_steps = 'Run "MCP: List Servers" in VS Code and start the server.'

    def user_files(self, locations: Locations) -> Sequence[Path]:
        return [locations.applications / "Code" / "User" / "mcp.json"]

    def entry(self, launch: Launch) -> dict[str, Any]:
        return {"type": "stdio", **super().entry(launch)}


class Zed(Client):
    """https://zed.dev/docs/ai/mcp, https://zed.dev/docs/configuring-zed."""

    id = "zed"
    title = "Zed"
    programs = ("zed",)
    servers_keys = ("context_servers",)
    project_files = (".zed/settings.json",)
    next_steps = "Zed starts the server at once; the Agent Panel's settings show it."

    def user_files(self, locations: Locations) -> Sequence[Path]:
        if locations.platform == "win32":
            return [locations.applications / "Zed" / "settings.json"]
        folder = locations.home / ".config" if locations.platform == "darwin" else locations.config
        return [folder / "zed" / "settings.json"]


class GeminiCLI(Client):
    """https://geminicli.com/docs/tools/mcp-server.

    Servers start in the project's folder, only where the folder is trusted, with its environment without
    what looks like a secret; a variable that is named and not set arrives empty.
    """

    id = "gemini"
    title = "Gemini CLI"
    programs = ("gemini",)
    project_files = (".gemini/settings.json",)
    next_steps = (
        "Start a new session; /mcp shows the server. Gemini CLI starts servers only in trusted folders."
    )

    def user_files(self, locations: Locations) -> Sequence[Path]:
        return [locations.folder("GEMINI_CLI_HOME", locations.home) / ".gemini" / "settings.json"]

    def entry(self, launch: Launch) -> dict[str, Any]:
        return {**super().entry(launch), "env": {_KEY: f"${_KEY}"}}


class OpenCode(Client):
    """https://opencode.ai/docs/mcp-servers, https://opencode.ai/docs/migrate-v1.

    Version 2 moves servers from `mcp` to `mcp.servers` and still reads the old place, which version 1
    wants; a file that has the new place is kept there. Servers get its whole environment and start in the
    project's folder.
    """

    id = "opencode"
    title = "opencode"
    programs = ("opencode",)
    servers_keys = ("mcp",)
    project_files = ("opencode.jsonc", "opencode.json")
    next_steps = "Start a new session; `opencode mcp list` shows the server."

    def user_files(self, locations: Locations) -> Sequence[Path]:
        return [locations.config / "opencode" / name for name in self.project_files]

    def servers_keys_in(self, values: Mapping[str, Any]) -> Sequence[str]:
        mcp = values.get("mcp")
        return ("mcp", "servers") if isinstance(mcp, dict) and "servers" in mcp else self.servers_keys

    def entry(self, launch: Launch) -> dict[str, Any]:
        return {"type": "local", "command": launch.line}


class Continue(Client):
    """https://docs.continue.dev/customize/deep-dives/mcp.

    It reads every file of the folder, so this server has one of its own. Servers start in the workspace's
    folder and get HOME, PATH and the like. It can pass others on by name, but one that it cannot find
    arrives as the text of its placeholder, so none is named here.
    """

    id = "continue"
    title = "Continue"
    project_files = (".continue/mcpServers/rlm-mcp.json",)
    next_steps = (
        "Continue reads the file at once; the server is there in agent mode. For a model behind it, put "
        f'{_KEY} into ~/.continue/.env and "env": {{"{_KEY}": "${{{_KEY}}}"}} into the entry.'
    )

    def user_files(self, locations: Locations) -> Sequence[Path]:
        return [self._folder(locations) / "mcpServers" / "rlm-mcp.json"]

    def markers(self, locations: Locations) -> Sequence[Path]:
        return [self._folder(locations)]

    def _folder(self, locations: Locations) -> Path:
        return locations.folder("CONTINUE_GLOBAL_DIR", locations.home / ".continue")


_RECORDS = (ClaudeDesktop, ClaudeCode, Codex, Cursor, VSCode, Zed, GeminiCLI, OpenCode, Continue)
CLIENTS: dict[str, Client] = {record.id: record() for record in _RECORDS}
