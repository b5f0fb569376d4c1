"""Diagnostics: what `rlm-mcp doctor` finds out."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from rlm_core import __version__, config, models
from rlm_core.config import Settings
from rlm_core.context.facts import facts
from rlm_core.engine.trace import KEPT_TRACES
from rlm_core.errors import RlmError
from rlm_core.sandbox import choice
from rlm_core.service import Service
from rlm_core.wording import comma_list, pluralize
from rlm_core.workspace.discovery import IGNORE_FILE
from rlm_mcp.cli import server_log
from rlm_mcp.cli.clients import installation
from rlm_mcp.cli.clients.locations import Locations
from rlm_mcp.cli.clients.registry import CLIENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rlm_core.workspace.snapshot import Snapshot

SHOWN_IGNORE_FILES = 10
SHOWN_SKIPPED = 3  # for each reason


class Finding(NamedTuple):
    """One line of the report.

    Attributes:
        part: what it is about (`model`, `sandbox` …).
        state: `wrong` is something to mend, `note` something to know.
        text: a sentence.
    """

    part: str
    state: Literal["ok", "note", "wrong"]
    text: str


async def diagnose(
    folders: Sequence[Path], settings_for: Callable[[Sequence[Path]], Settings]
) -> list[Finding]:
    """Examines everything that a question would use; what is wrong keeps nothing else from being examined.

    Args:
        folders: what would be opened; the first is there.
        settings_for: the settings in force for some roots; raises `ConfigError`.
    """
    settings, problems = _usable_settings(folders, settings_for)
    findings = [*_installation(), *problems, *_settings(settings), *_trace_and_log(settings)]
    findings += _clients(folders[0])
    findings += [finding async for finding in _model(settings)]
    findings += [finding async for finding in _workspace(folders, settings)]
    findings += [finding async for finding in _sandbox(settings)]
    return findings


def _usable_settings(
    folders: Sequence[Path], settings_for: Callable[[Sequence[Path]], Settings]
) -> tuple[Settings, list[Finding]]:
    """The settings in force, or as much of them as can be used."""
    problems: list[Finding] = []
    for roots in (folders, ()):  # without folders, there is no file of a project
        try:
            return settings_for(roots), problems
        except RlmError as error:
            finding = Finding("settings", "wrong", str(error))
            problems += [finding] if finding not in problems else []
    return Settings(sources=("defaults",)), problems


def _installation() -> Iterator[Finding]:
    yield Finding(
        "version", "ok", f"rlm-mcp {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )


def _settings(settings: Settings) -> Iterator[Finding]:
    own = config.user_file()
    missing = "" if own.exists() else f"; {own}, which is not there, would be your own"
    yield Finding("settings", "ok", f"from {', '.join(settings.sources)}{missing}")
    for note in settings.notes:
        yield Finding("settings", "note", note)
    for name, section in (("limits", settings.limits), ("sandbox", settings.sandbox)):
        values = ", ".join(f"{key} {value}" for key, value in section if value is not None)
        yield Finding(name, "ok", values)


def _trace_and_log(settings: Settings) -> Iterator[Finding]:
    folder = config.state_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        yield Finding("trace", "wrong", f"{folder} cannot be written: neither runs nor servers are recorded")
        return
    if settings.trace:
        yield Finding(
            "trace", "ok", f"runs are recorded in {folder / 'runs'}; the {KEPT_TRACES} latest are kept"
        )
    else:
        yield Finding("trace", "note", "off: runs are not recorded")
    yield Finding(
        "log", "ok", f"servers log to {server_log.log_folder()}; the {server_log.KEPT_FILES} latest are kept"
    )


def _clients(project: Path) -> Iterator[Finding]:
    """Which clients start this server, and whether what they start is there."""
    locations, count = Locations.here(), 0
    for client in CLIENTS.values():
        places, problems = installation.installed(client, locations, project)
        for problem in problems:
            yield Finding("clients", "note", problem)
        for path, name, program in places:
            count += 1
            if shutil.which(program):
                yield Finding("clients", "ok", f"{client.title} starts this server as {name!r} ({path})")
            else:
                yield Finding(
                    "clients",
                    "wrong",
                    f"{client.title} starts {program!r}, which is not there ({path}): "
                    f"rlm-mcp install {client.id} mends it",
                )
    if not count:
        yield Finding("clients", "note", "none starts this server yet; rlm-mcp install --list shows them")


async def _model(settings: Settings) -> AsyncIterator[Finding]:
    chosen = models.choose(settings.model)
    try:
        for note in chosen.notes:
            yield Finding("model", "note", note)
        yield Finding("model", "ok", f"root {chosen.root.name}, sub-calls {chosen.sub.name}")
        yield Finding("model", "ok", _models_over_mcp(endpoint=settings.model.endpoint))
        problem = await chosen.reach()
        if problem is not None:
            yield Finding("model", "wrong", problem)
    finally:
        await chosen.close()


def _models_over_mcp(*, endpoint: bool) -> str:
    if endpoint:
        return "over MCP: the endpoint answers rlm_query, and llm_query in rlm_repl"
    return (
        "over MCP: the client's own model answers rlm_query where it lends that (sampling), else the "
        "offline model; llm_query in rlm_repl goes to the assistant, as prompts that suspend the program"
    )


async def _workspace(folders: Sequence[Path], settings: Settings) -> AsyncIterator[Finding]:
    try:
        async with Service(folders, settings, watch=True) as service:
            async for finding in _opened_workspace(service):
                yield finding
    except RlmError as error:
        yield Finding("workspace", "wrong", str(error))


async def _opened_workspace(service: Service) -> AsyncIterator[Finding]:
    workspace = service.workspace
    yield Finding("workspace", "ok", ", ".join(str(root) for root in workspace.roots))
    started = time.perf_counter()
    snapshot = await service.snapshot()
    took = time.perf_counter() - started
    yield Finding(
        "workspace",
        "ok",
        f"{pluralize(len(snapshot), 'file')}, {snapshot.total_bytes / 1e6:,.1f} MB of text, "
        f"snapshot {snapshot.id}, {took:.2f} s to open",
    )
    for finding in (*_ignore_files(workspace.rules), *_skipped(snapshot), *_masked(snapshot)):
        yield finding
    for note in workspace.notes:
        yield Finding("workspace", "note", note)
    if service.watched:
        yield Finding("watcher", "ok", "changes are followed as they happen")


def _ignore_files(rules: Mapping[str, int]) -> Iterator[Finding]:
    """The `.rlmignore` files that are in force, those first that leave out most."""
    if not rules:
        yield Finding("rlmignore", "ok", f"there is no {IGNORE_FILE} here")
    ordered = sorted(rules.items(), key=lambda item: -item[1])
    for file, count in ordered[:SHOWN_IGNORE_FILES]:
        yield Finding("rlmignore", "ok", f"{file} leaves out {pluralize(count, 'file')}")
    if rest := ordered[SHOWN_IGNORE_FILES:]:
        left_out = sum(count for _, count in rest)
        yield Finding(
            "rlmignore", "ok", f"{len(rest):,} more {IGNORE_FILE} leave out {pluralize(left_out, 'file')}"
        )


def _skipped(snapshot: Snapshot) -> Iterator[Finding]:
    for reason, _ in Counter(item.reason for item in snapshot.skipped).most_common():
        paths = [item.path for item in snapshot.skipped if item.reason == reason]
        yield Finding("skipped", "note", f"{reason}: {comma_list(paths, SHOWN_SKIPPED)}")


def _masked(snapshot: Snapshot) -> Iterator[Finding]:
    """What is masked in texts, by kind."""
    for kind, count in facts(snapshot).masked.items():
        paths = [item.path for item in snapshot.masked if item.kind == kind]
        yield Finding("masked", "note", f"{kind} ({count:,}): {comma_list(paths, SHOWN_SKIPPED)}")


async def _sandbox(settings: Settings) -> AsyncIterator[Finding]:
    try:
        box = choice.create(settings.sandbox)
        try:
            probes = await box.check()
        finally:
            await box.close()
    except RlmError as error:
        yield Finding("sandbox", "wrong", str(error))
        return
    yield Finding("sandbox", "wrong" if box.warning else "ok", f"programs are isolated by {box.describe()}")
    for probe in probes:
        state: Literal["ok", "wrong"] = "ok" if probe.blocked else "wrong"
        yield Finding(
            "sandbox", state, f"{probe.name}: {'blocked' if probe.blocked else 'NOT BLOCKED'}, {probe.detail}"
        )
