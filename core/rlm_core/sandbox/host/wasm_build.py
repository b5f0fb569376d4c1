"""Build of the WebAssembly component, CPython with the guest's code: made and compiled once, then kept.

The pieces come from PyPI with the extra `wasm`: componentize-py has CPython for WASI in it and lays our
modules into its memory, wasmtime compiles the result to machine code. Loading that code is running it,
so it is kept where only the user can write, under a name that has everything in it which it depends on.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from rlm_core.config import APP
from rlm_core.errors import SandboxError
from rlm_core.private_files import open_private
from rlm_core.sandbox.host import guest_modules
from rlm_core.sandbox.host.spawned_process import KEPT_ENVIRONMENT
from rlm_core.workspace.file_lock import try_lock
from rlm_core.workspace.subprocesses import NO_WINDOW, Lifeline

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES = ("componentize-py", "wasmtime")
_ROOT = Path(__file__).parents[3]
_WIT = Path("rlm_core", "sandbox", "guest", "guest.wit")
_BUILD = "from componentize_py import script; script()"
_COMPILE = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from rlm_core.sandbox.worker.wasm_machine import compile_file; compile_file(*sys.argv[2:])"
)
_BUILD_SECONDS = 600
_UNUSED_SECONDS = 30 * 86400
_LOOK_SECONDS = 0.1  # how often a wait looks whether anybody still wants its end

_lock = threading.Lock()
_log = logging.getLogger(__name__)


def missing() -> str:
    """Returns what is not installed, empty when everything is."""
    return " and ".join(name for name in _PACKAGES if _version(name) is None)


def compiled(unwanted: threading.Event | None = None) -> Path:
    """Returns the file of the compiled component; makes it the first time, which takes some 20 seconds.

    Args:
        unwanted: ends the build when it is set.

    Raises:
        SandboxError: the build fails or is ended, or there is no safe place for the result.
    """
    unwanted = unwanted or threading.Event()
    with _only_builder(unwanted):
        file = _folder() / f"guest-{_key()}.cwasm"
        if file.exists():
            with suppress(OSError):  # somebody else's, or on a file system that is read only
                os.utime(file)
        else:
            _log.warning("Building the WebAssembly sandbox, once: this takes about 20 seconds.")
            try:
                with _build_lock(file.parent, unwanted):
                    _clean(file.parent)
                    if not file.exists():
                        _build(file, unwanted)
            except OSError as error:
                raise SandboxError(
                    f"The WebAssembly sandbox could not be built in {file.parent}: {error.strerror or error}."
                ) from error
            except subprocess.TimeoutExpired:
                raise SandboxError(
                    f"The WebAssembly sandbox was not built within {_BUILD_SECONDS} s."
                ) from None
    return file


@contextmanager
def _only_builder(unwanted: threading.Event) -> Iterator[None]:
    """Waits until no other thread builds, and lets none begin."""
    while not _lock.acquire(timeout=_LOOK_SECONDS):
        _go_on(unwanted)
    try:
        yield
    finally:
        _lock.release()


def _go_on(unwanted: threading.Event) -> None:
    """Raises `SandboxError` when nobody waits for the build any more."""
    if unwanted.is_set():
        raise SandboxError("The build of the WebAssembly sandbox was ended.")


def _build(file: Path, unwanted: threading.Event) -> None:
    """Builds and compiles in processes of their own: a server would keep the memory that it takes."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix="building-") as name:
        folder = Path(name)
        source, built, written = folder / "source", folder / "guest.wasm", folder / "guest.cwasm"
        for part in _sources():
            copy = source / part.relative_to(_ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(part, copy)
        # componentize-py adds the packages of the environment that it finds; this is one without any.
        (folder / "lib" / "site-packages").mkdir(parents=True)
        world = ("-d", source / _WIT, "-w", "guest")
        componentize = ("componentize", guest_modules.ENTRY, "-p", source, "-o", built)
        _run(unwanted, folder, _BUILD, *world, *componentize)
        _run(unwanted, folder, _COMPILE, _ROOT, built, written)
        written.replace(file)


def _run(unwanted: threading.Event, folder: Path, program: str, *arguments: object) -> None:
    """Runs Python in a folder, which is all that it knows of this machine; it ends with this process.

    Raises:
        SandboxError: it fails, or is unwanted.
        subprocess.TimeoutExpired: it takes too long.
    """
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    lifeline = Lifeline()
    try:
        with subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-I", "-c", program, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"VIRTUAL_ENV": str(folder), **kept},
            creationflags=NO_WINDOW,
            process_group=None if sys.platform == "win32" else 0,
            pass_fds=lifeline.inherited,
        ) as process:
            lifeline.tie(process.pid)
            try:
                said = _said(process, unwanted)
            except BaseException:
                _kill(process)
                raise
    finally:
        lifeline.close()
    if process.returncode:
        end = said.decode("utf-8", "replace").strip()[-500:]
        raise SandboxError(f"The WebAssembly sandbox could not be built. The build says: {end}")


def _said(process: subprocess.Popen[bytes], unwanted: threading.Event) -> bytes:
    """Waits for the end of a process; returns what it complained about, or else what it printed."""
    deadline = time.monotonic() + _BUILD_SECONDS
    while True:
        try:
            output, complaints = process.communicate(timeout=_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            _go_on(unwanted)
            if time.monotonic() > deadline:
                raise
        else:
            return complaints or output


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _sources() -> list[Path]:
    return [*map(_source, guest_modules.MODULES), _ROOT / _WIT]


def _source(module: str) -> Path:
    path = _ROOT.joinpath(*module.split("."))
    package = path / "__init__.py"
    return package if package.exists() else path.with_suffix(".py")


def _key() -> str:
    digest = hashlib.sha256()
    for name in _PACKAGES:
        digest.update(f"{name} {_version(name)} {platform.system()} {platform.machine()}\n".encode())
    for file in _sources():
        digest.update(f"{file.relative_to(_ROOT).as_posix()} {file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _folder() -> Path:
    """Where only the user can write, and in whose place only the user can put another folder.

    Raises:
        SandboxError: somebody else can.
    """
    folder = platformdirs.user_cache_path(APP) / "wasm"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = folder.resolve(strict=True)  # what is looked at must be what is loaded from
        statuses = {part: part.stat() for part in (folder, *folder.parents)}
    except OSError as error:
        raise SandboxError(f"The WebAssembly sandbox has no place in {folder}: {error.strerror}.") from error
    for part, status in statuses.items():
        if _others_can_change(status, own=part == folder):
            raise SandboxError(
                f"Others can write to {part}, and what is in {folder} is code that is run; "
                "let only yourself write there."
            )
    return folder


def _others_can_change(status: os.stat_result, *, own: bool) -> bool:
    """Whether another user can replace what is in a folder, one of our own or one above it.

    Those above may be the group's, which often is that of the user alone, and in a container nobody's.
    On Windows a mode says nothing, and the user's profile is nobody else's to change.
    """
    if sys.platform == "win32":
        return False
    elif own:  # noqa: RET505 - type checkers follow only one branch
        return status.st_uid != os.geteuid() or bool(status.st_mode & 0o022)
    else:
        return bool(status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX)


@contextmanager
def _build_lock(folder: Path, unwanted: threading.Event) -> Iterator[None]:
    """Waits until no other process builds in a folder, and lets none begin."""
    with os.fdopen(open_private(folder / "lock", os.O_RDWR | os.O_CREAT), "r+b") as file:
        while not try_lock(file.fileno()):
            _go_on(unwanted)
            time.sleep(_LOOK_SECONDS)
        yield


def _clean(folder: Path) -> None:
    """Removes what no version of this package has used for long, and what killed builds have left."""
    for file in folder.glob("guest-*.cwasm"):
        if time.time() - file.stat().st_mtime > _UNUSED_SECONDS:
            file.unlink(missing_ok=True)
    for left in folder.glob("building-*"):
        shutil.rmtree(left, ignore_errors=True)
