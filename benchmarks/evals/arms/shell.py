"""Shell for an agent: commands in bubblewrap, which see the repository, the system's programs and no network.

What a model writes is hostile, as is what it has read. bubblewrap gives a command namespaces of its own and
files that cannot be written; prlimit bounds what it takes.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.evals.arms import command
from benchmarks.evals.arms.base import ArmError

REPOSITORY = "/repository"
# Where programs and what they load may lie; of these only what exists is shown.
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache")
_LIMITS = ("--as=4294967296", "--cpu=120", "--fsize=67108864", "--nproc=4096", "--core=0")
_OUTPUT_BYTES = 8 * 1024 * 1024


class Shell:
    """Runs commands over a repository, each in a fresh bash.

    Args:
        root: the repository.
        seconds: for one command.

    Raises:
        ArmError: bubblewrap is not there.
    """

    def __init__(self, root: Path, seconds: float) -> None:
        missing = [name for name in ("bwrap", "prlimit", "bash") if shutil.which(name) is None]
        if missing:
            raise ArmError(
                f"The agent's shell needs {', '.join(missing)}, which this machine does not have; "
                "on Debian: apt-get install bubblewrap util-linux."
            )
        self._seconds = seconds
        self._command = ["prlimit", *_LIMITS, "bwrap", *_views(root), "bash", "-c"]

    async def run(self, script: str) -> str:
        """What a script prints, stderr behind stdout, and how it ended."""
        ended = await command.run(
            [*self._command, script],
            seconds=self._seconds,
            environment=command.environment(Path("/")),
            most_bytes=_OUTPUT_BYTES,
        )
        said = ended.stdout + ended.stderr
        if ended.code is None:
            return f"{said}\n(ended after {self._seconds:g} s)"
        return said if ended.code == 0 else f"{said}\n(exit code {ended.code})"


def _views(root: Path) -> list[str]:
    """What of the file system a command sees."""
    shown: list[str] = []
    for folder in _SYSTEM:
        path = Path(folder)
        if path.is_symlink():
            shown += ["--symlink", str(path.readlink()), folder]
        elif path.exists():
            shown += ["--ro-bind", folder, folder]
    return [
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        *("--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"),
        *("--setenv", "HOME", "/tmp"),
        *("--setenv", "LANG", "C.UTF-8"),
        *shown,
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        *("--ro-bind", str(root), REPOSITORY, "--chdir", REPOSITORY),
    ]
