"""Coding agents from npm, as a test runs them: one question, no network but the scripted model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def _nothing(home: Path, url: str) -> None:
    """Needs no settings."""


@dataclass(frozen=True)
class Host:
    """How to run one host.

    Attributes:
        client: its name for `rlm-mcp install`.
        program: its executable.
        arguments: for one question; `{url}` is the endpoint.
        environ: what it needs to reach the scripted model; `{url}` likewise.
        prepare: writes settings into a home folder, before `rlm-mcp install` adds ours.
    """

    client: str
    program: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path, str], None] = _nothing


def _gemini(home: Path, url: str) -> None:
    folder = home / ".gemini"
    folder.mkdir()
    settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
    (folder / "settings.json").write_text(json.dumps(settings, indent=2))


def _opencode(home: Path, url: str) -> None:
    folder = home / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.jsonc").write_text(
        f"""{{
  // A provider of our own.
  "provider": {{
    "here": {{
      "npm": "@ai-sdk/openai-compatible",
      "options": {{ "baseURL": "{url}/v1", "apiKey": "none" }},
      "models": {{ "scripted": {{ "tool_call": true }} }},
    }},
  }},
}}
"""
    )


HOSTS = (
    Host(
        "codex",
        "codex",
        (
            "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox",
            # Without it, the first request may leave before the tools are listed.
            "-c", "mcp_servers.rlm.required=true",
            "-c", 'model_providers.here={name="here",base_url="{url}/v1",wire_api="responses"}',
            "-c", "model_provider=here", "--model", "scripted",
        ),
    ),
    Host(
        "claude-code",
        "claude",
        ("--print", "--model", "scripted", "--allowedTools", "mcp__rlm", "--"),
        {
            "ANTHROPIC_BASE_URL": "{url}",
            "ANTHROPIC_API_KEY": "none",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            # Wait for the tools, and offer them without a search.
            "MCP_CONNECTION_NONBLOCKING": "0",
            "ENABLE_TOOL_SEARCH": "0",
        },
    ),
    Host(
        "gemini",
        "gemini",
        ("--model", "scripted", "--yolo", "--prompt"),
        {"GOOGLE_GEMINI_BASE_URL": "{url}", "GEMINI_API_KEY": "none", "GEMINI_CLI_TRUST_WORKSPACE": "true"},
        _gemini,
    ),
    Host(
        "opencode",
        "opencode",
        ("run", "--model", "here/scripted"),
        {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"},
        _opencode,
    ),
)  # fmt: skip
