"""CPython with the guest's code as a WebAssembly component: built and compiled once, then kept.

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
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs

from rlm_core.config import APP
from rlm_core.errors import SandboxError

_PACKAGES = ("componentize-py", "wasmtime")
_ROOT = Path(__file__).parents[3]
# What of `rlm_core` goes in.
_PARTS = ("__init__.py", "errors.py", "context", "syntax", "workspace", "sandbox")
_APP = "rlm_core.sandbox.guest.app"
_BUILD_SECONDS = 600
_UNUSED_SECONDS = 30 * 86400

_lock = threading.Lock()
_log = logging.getLogger(__name__)


def missing() -> str:
    """Returns what is not installed, empty when everything is."""
    return " and ".join(name for name in _PACKAGES if _version(name) is None)


def compiled() -> Path:
    """Returns the file of the compiled component; makes it the first time, which takes some 20 seconds.

    Raises:
        SandboxError: the build fails, or there is no safe place for the result.
    """
    with _lock:
        file = _folder() / f"guest-{_key()}.cwasm"
        if file.exists():
            os.utime(file)
        else:
            _log.warning("Building the WebAssembly sandbox, once: this takes about 20 seconds.")
            _forget_unused(file.parent)
            _make(file)
    return file


def _make(file: Path) -> None:
    from wasmtime.component import Component

    from rlm_core.sandbox.wasm.machine import engine

    with tempfile.TemporaryDirectory(dir=file.parent, prefix="building-") as folder:
        built = _build(Path(folder))
        written = Path(folder, "guest.cwasm")
        written.write_bytes(Component.from_file(engine(), built).serialize())
        written.replace(file)


def _build(folder: Path) -> Path:
    """Has componentize-py make the component of a copy of our modules; returns its file."""
    source, built = folder / "source", folder / "guest.wasm"
    for part in _sources():
        copy = source / part.relative_to(_ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(part, copy)
    # It adds the packages of the environment that it finds; this is one without any.
    environment = folder / "environment"
    (environment / "lib" / "site-packages").mkdir(parents=True)
    wit = source / "rlm_core" / "sandbox" / "guest" / "guest.wit"
    command = [sys.executable, "-I", "-c", "from componentize_py import script; script()"]
    ran = subprocess.run(  # noqa: S603 - our own words
        [*command, "-d", wit, "-w", "guest", "componentize", _APP, "-p", source, "-o", built],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_BUILD_SECONDS,
        check=False,
        env={
            "VIRTUAL_ENV": str(environment),
            **{name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ},
        },
    )
    if ran.returncode:
        said = (ran.stderr or ran.stdout).decode("utf-8", "replace").strip()
        raise SandboxError(f"The WebAssembly sandbox could not be built. componentize-py says: {said[-500:]}")
    return built


def _sources() -> list[Path]:
    package = _ROOT / "rlm_core"
    files = [package / part for part in _PARTS if part.endswith(".py")]
    folders = [package / part for part in _PARTS if not part.endswith(".py")]
    patterns = ("*.py", "*.wit")
    return sorted([*files, *(file for folder in folders for end in patterns for file in folder.rglob(end))])


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
    """Where only the user can write.

    Raises:
        SandboxError: somebody else can.
    """
    folder = platformdirs.user_cache_path(APP) / "wasm"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise SandboxError(f"The WebAssembly sandbox has no place in {folder}: {error.strerror}.") from error
    if sys.platform != "win32" and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
        raise SandboxError(f"Others can write to {folder}, whose files are code that is run; remove it.")
    return folder


def _forget_unused(folder: Path) -> None:
    """Removes what no version of this package has used for long, and what killed builds have left."""
    now = time.time()
    for file in folder.glob("guest-*.cwasm"):
        if now - file.stat().st_mtime > _UNUSED_SECONDS:
            file.unlink(missing_ok=True)
    for left in folder.glob("building-*"):
        if now - left.stat().st_mtime > _BUILD_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
