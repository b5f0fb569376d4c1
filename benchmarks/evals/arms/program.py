"""Program arm: `rlm-mcp ask` of any version, as its users run it, with or without a model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from benchmarks.evals.arms import command
from benchmarks.evals.arms.base import ArmError, Reply
from benchmarks.evals.gateway import ROOT, SUB
from benchmarks.evals.machine import commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.evals.arms.base import Task
    from benchmarks.evals.gateway import Gateway
    from benchmarks.evals.plan import OfflineArm, ProgramArm

_APP = "rlm-mcp"
# What the program needs to end by itself, and to say what it knows.
_CLOSING_SECONDS = 45.0
_ANSWERED, _INCOMPLETE = 0, 3  # exit codes
_ERROR_CHARS = 2_000


class Program:
    """Asks a build of this program.

    Args:
        planned: command, flags and settings.
        gateway: what its model is reached by; None lets it answer without one.
        caches: kept between cells, as a user's cache is.
    """

    def __init__(self, planned: ProgramArm | OfflineArm, gateway: Gateway | None, caches: Path) -> None:
        self._command = command.located(planned.command)
        self._planned = planned
        self._gateway = gateway
        self._caches = caches

    async def answer(self, task: Task) -> Reply:
        """See `Arm.answer`."""
        if self._gateway is None:
            # It does not read in which form an answer is wanted: these would be words to search by.
            return await self._ask(task, task.query, {})
        with self._gateway.access(task.asked(), task.sub or task.asked()) as access:
            variables = {
                "OPENAI_BASE_URL": access.url,
                "OPENAI_API_KEY": access.key,
                "RLM_MODEL": ROOT,
                "RLM_SUB_MODEL": SUB,
            }
            return await self._ask(task, task.prompt, variables)

    async def version(self) -> str:
        """What `--version` says, with the flags and settings of the plan."""
        return await version(self._command, [*self._planned.flags, *_told(self._planned.settings)])

    async def _ask(self, task: Task, question: str, variables: Mapping[str, str]) -> Reply:
        home = task.scratch
        self._configure(home, task.seconds)
        surroundings = command.environment(
            home,
            {
                "XDG_CONFIG_HOME": str(home / "config"),
                "XDG_STATE_HOME": str(home / "state"),
                "XDG_CACHE_HOME": str(self._caches),
                **variables,
            },
        )
        asking = [
            *self._command,
            "ask",
            "--json",
            "--root",
            str(task.root),
            *self._planned.flags,
            "--",
            question,
        ]
        ended = await command.run(asking, seconds=task.seconds, environment=surroundings)
        return _reply(ended)

    def _configure(self, home: Path, seconds: float) -> None:
        """Writes the user's `rlm.toml`: the cell's time, and what the plan says."""
        settings: dict[str, dict[str, Any]] = {
            "limits": {"seconds": max(1.0, seconds - _CLOSING_SECONDS)},
            "model": {"timeout": seconds},
        }
        for section, values in self._planned.settings.items():
            settings.setdefault(section, {}).update(values)
        file = home / "config" / _APP / "rlm.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(tomlkit.dumps(settings), "utf-8")


async def version(program: tuple[str, ...], differences: list[str]) -> str:
    """What a build says of itself, and how it is used here."""
    ended = await command.run([*program, "--version"], seconds=60, environment=command.environment(Path("/")))
    said = ended.stdout.strip() or "unknown version"
    return ", ".join([f"{said} at {await asyncio.to_thread(commit, Path(program[0]).parent)}", *differences])


def _told(settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"{section}.{key} = {value}" for section, keys in settings.items() for key, value in keys.items()]


def _reply(ended: command.Finished) -> Reply:
    if ended.code not in (_ANSWERED, _INCOMPLETE):
        how = "had no time left" if ended.code is None else f"ended with {ended.code}"
        raise ArmError(f"The program {how}: {ended.stderr.strip()[-_ERROR_CHARS:] or 'it says nothing'}")
    try:
        said = json.loads(ended.stdout)
        text, status = str(said["answer"]), said["status"]
        notes = [said["reason"], *said["notes"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ArmError(f"The program printed no answer that can be read: {error!r}.") from error
    shown = tuple(str(note) for note in notes if note)
    return Reply(text, "incomplete" if status == "incomplete" else "answered", shown)
