"""Commands of arms: run in a process group of their own, with a deadline and a bound on what they print."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.evals.arms.base import ArmError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OUTPUT_BYTES = 64 * 1024 * 1024
_GRACE_SECONDS = 10.0
_PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended.

    Attributes:
        code: its exit code; None where the deadline ended it.
        stdout: what it printed, as far as `most_bytes` go.
        stderr: likewise.
    """

    code: int | None
    stdout: str
    stderr: str


async def run(
    command: Sequence[str],
    *,
    seconds: float,
    environment: Mapping[str, str],
    stdin: str = "",
    folder: Path | None = None,
    most_bytes: int = OUTPUT_BYTES,
) -> Finished:
    """Runs a command; neither it nor what it started is left over when this returns or is cancelled.

    Raises:
        ArmError: it cannot be started.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    )
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # asyncio would kill the process and nothing that it has started.
        process = await starting
        _signal(process, signal.SIGKILL)
        await process.wait()
        raise
    except OSError as error:
        raise ArmError(f"{command[0]} cannot be started: {error.strerror}.") from error
    ending = asyncio.gather(
        _feed(process.stdin, stdin),
        _read(process.stdout, most_bytes),
        _read(process.stderr, most_bytes),
        process.wait(),
    )
    timed_out = False
    try:
        try:
            await asyncio.wait_for(asyncio.shield(ending), seconds)
        except TimeoutError:
            timed_out = True
            # An answer that is known so far is printed at this signal.
            _signal(process, signal.SIGINT)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(ending), _GRACE_SECONDS)
    finally:
        _signal(process, signal.SIGKILL)
        _, stdout, stderr, code = await ending
    return Finished(None if timed_out else code, stdout, stderr)


def environment(scratch: Path, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a command is told of its surroundings: nothing of the user's but where programs are.

    Args:
        scratch: takes the place of the home folder.
        variables: further ones.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(scratch), **(variables or {})}


def located(command: Sequence[str]) -> tuple[str, ...]:
    """The command with its program's whole path.

    Raises:
        ArmError: there is no such program.
    """
    program = shutil.which(os.path.expanduser(command[0]))  # noqa: PTH111 - a name stays a name
    if program is None:
        raise ArmError(f"There is no program {command[0]}; say in the plan where it lies.")
    return (program, *command[1:])


async def _feed(stream: asyncio.StreamWriter | None, text: str) -> None:
    assert stream is not None
    with contextlib.suppress(ConnectionError):  # a program need not read to the end
        stream.write(text.encode())
        await stream.drain()
        stream.close()


async def _read(stream: asyncio.StreamReader | None, most: int) -> str:
    assert stream is not None
    kept = bytearray()
    while piece := await stream.read(_PIECE_BYTES):
        kept += piece[: max(0, most - len(kept))]
    return kept.decode("utf-8", "replace")


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """To all of its group; what bubblewrap puts into another session ends with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
