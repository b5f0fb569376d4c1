"""Command-line flags that several commands share, and how they become roots and settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlm_core import config
from rlm_core.workspace.roots import default_root

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

# flag → (section, key, type, metavar, help)
_MODEL_FLAGS: dict[str, tuple[str, str, type, str, str]] = {
    "--model": ("model", "name", str, "NAME", "the root model (RLM_MODEL)"),
    "--sub-model": ("model", "sub_name", str, "NAME", "the model behind llm_query (RLM_SUB_MODEL)"),
    "--base-url": ("model", "base_url", str, "URL", "an OpenAI-compatible endpoint (OPENAI_BASE_URL)"),
    "--max-turns": ("limits", "turns", int, "N", "turns of the root model"),
    "--max-calls": ("limits", "calls", int, "N", "sub-model calls"),
    "--max-tokens": ("limits", "tokens", int, "N", "input and output tokens together"),
    "--max-seconds": ("limits", "seconds", float, "S", "wall time"),
    "--max-cost": ("limits", "cost", float, "USD", "money, for models with a configured price"),
    "--depth": ("limits", "depth", int, "N", "how deep rlm_query may nest"),
}
_SANDBOX_FLAGS: dict[str, tuple[str, str, type, str, str]] = {
    "--sandbox": ("sandbox", "backend", str, "KIND", "what isolates programs: auto, native, wasm, none"),
    "--cell-seconds": ("sandbox", "cell_seconds", float, "S", "running time of one program"),
    "--memory-mb": ("sandbox", "memory_mb", int, "MB", "memory of one program"),
}
_SERVER_FLAGS: dict[str, tuple[str, str, type, str, str]] = {
    "--patience": ("server", "patience", float, "S", "how long a call may take; its run goes on after that"),
}
FLAGS = {**_MODEL_FLAGS, **_SANDBOX_FLAGS, **_SERVER_FLAGS}


def add_root(
    parser: argparse.ArgumentParser,
    default: str = "the current folder's git top level, or the current folder",
) -> None:
    """The folders to open."""
    parser.add_argument(
        "--root",
        action="append",
        type=Path,
        metavar="DIR",
        help=f"folder to open; repeat for several (default: {default})",
    )


def add_model_flags(parser: argparse.ArgumentParser) -> None:
    """Which model, and what a run may spend."""
    _add(parser.add_argument_group("model and limits"), _MODEL_FLAGS)


def add_sandbox_flags(parser: argparse.ArgumentParser) -> None:
    """What one program may use."""
    _add(parser.add_argument_group("sandbox"), _SANDBOX_FLAGS)


def add_server_flags(parser: argparse.ArgumentParser) -> None:
    """What clients may use."""
    _add(parser.add_argument_group("server"), _SERVER_FLAGS)


def add_scope(parser: argparse.ArgumentParser) -> None:
    """Which files of the workspace, and from when."""
    parser.add_argument(
        "--scope", action="append", metavar="GLOB", default=[], help="only these files; repeat for several"
    )
    parser.add_argument(
        "--rev", metavar="REV", default="", help="the files of a git revision, not those that are there now"
    )


def _add(group: argparse._ArgumentGroup, flags: dict[str, tuple[str, str, type, str, str]]) -> None:
    for flag, (_, _, kind, metavar, text) in flags.items():
        group.add_argument(flag, type=kind, metavar=metavar, help=text)


def roots(given: Sequence[Path] | None) -> list[Path]:
    """The folders to open: those of `--root`, else the default."""
    return list(given) if given else [default_root()]


def settings(args: argparse.Namespace, folders: Sequence[Path], *, strict: bool = False) -> config.Settings:
    """Settings in force for these roots and flags, as `config.load` gives them; raises `ConfigError`."""
    flags: dict[str, dict[str, Any]] = {}
    for flag, (section, key, *_) in FLAGS.items():
        value = getattr(args, flag.strip("-").replace("-", "_"), None)
        if value is not None:
            flags.setdefault(section, {})[key] = value
    return config.load(folders, flags=flags, strict=strict)
