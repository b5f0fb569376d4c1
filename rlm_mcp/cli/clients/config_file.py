"""Configuration files: read with a bound where they are a project's, replaced in one step."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.workspace.disk import Disk
from rlm_core.workspace.roots import Roots
from rlm_mcp.cli.clients.formats import ClientFileError

if TYPE_CHECKING:
    from pathlib import Path

_BOM = "\ufeff"


@dataclass(frozen=True)
class ConfigFile:
    """A file as it was read.

    Attributes:
        path: where it really is: a symbolic link is followed and stays one.
        text: what it says, with LF line ends; None when it does not exist.
        bom: whether a byte order mark stands before the text.
        crlf: whether all its lines end with CR LF.
        stamp: size and time of change, to see that somebody else wrote it meanwhile.
    """

    path: Path
    text: str | None
    bom: bool = False
    crlf: bool = False
    stamp: tuple[int, int] | None = None


def read(path: Path) -> ConfigFile:
    """Reads a user's file; one that is missing has no text. Raises `ClientFileError`."""
    path = path.resolve()
    try:
        data, stamp = path.read_bytes(), _stamp(path)
    except FileNotFoundError:
        return ConfigFile(path, None)
    except OSError as error:
        raise ClientFileError(f"{path} cannot be read: {error.strerror}.") from error
    return _decoded(path, data, stamp)


def read_project(project: Path, path: Path, max_bytes: int) -> ConfigFile:
    """Reads a file of a project, which is repository text: no link is followed, nothing but a file read.

    Args:
        project: the project's top folder.
        path: the file, below it.
        max_bytes: bytes that it may have.

    Raises:
        ClientFileError: it is, or lies behind, a link; it is no file or too large; or as in `read`.
        WorkspaceError: the folder is none that can be a project's.
    """
    roots = Roots([project])
    path = roots.folders[0] / path.relative_to(project)
    name = path.relative_to(roots.folders[0]).as_posix()

    def check(status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            what = "a link" if stat.S_ISLNK(status.st_mode) else "no file"
            raise ClientFileError(f"{path} is {what}; of a project, only files are read and edited.")
        if status.st_size > max_bytes:
            raise ClientFileError(
                f"{path} has more than the {max_bytes:,} bytes that are read of a project's file."
            )

    try:
        with Disk(roots) as disk:
            data, status = disk.read(name, check)
    except FileNotFoundError:
        return ConfigFile(path, None)
    except OSError as error:
        raise ClientFileError(
            f"{path} cannot be reached without following a link: {error.strerror}."
        ) from error
    return _decoded(path, data, (status.st_size, status.st_mtime_ns))


def _decoded(path: Path, data: bytes, stamp: tuple[int, int] | None) -> ConfigFile:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ClientFileError(f"{path} is not UTF-8 text; it is left as it is.") from error
    crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
    return ConfigFile(
        path,
        (text.replace("\r\n", "\n") if crlf else text).removeprefix(_BOM),
        bom=text.startswith(_BOM),
        crlf=crlf,
        stamp=stamp,
    )


def replace(file: ConfigFile, text: str) -> Path | None:
    """Writes the new text in one step, with the mode of the old; returns the copy of the old file, if any.

    Raises:
        ClientFileError: it cannot be written, or was changed since it was read.
    """
    path = file.path
    data = (_BOM if file.bom else "") + (text.replace("\n", "\r\n") if file.crlf else text)
    backup = path.with_name(path.name + ".rlm-mcp.bak") if file.stamp is not None else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if backup is not None:
            _write_temporary(backup, path.read_bytes(), like=path).replace(backup)
        fresh = _write_temporary(path, data.encode("utf-8"), like=path if file.stamp is not None else None)
        try:
            if _stamp(path) != file.stamp:
                raise ClientFileError(f"{path} was changed meanwhile and is left as it is; try again.")
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise ClientFileError(f"{error.filename or path} cannot be written: {error.strerror}.") from error
    return backup


def _write_temporary(path: Path, data: bytes, like: Path | None) -> Path:
    """A new file beside a path, to be renamed to it: so a link at that path is replaced, not followed."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    fresh.touch(mode=0o600 if like is not None else 0o666, exist_ok=False)
    try:
        if like is not None:
            shutil.copymode(like, fresh)
        with fresh.open("wb") as output:
            output.write(data)
            output.flush()
            os.fsync(output.fileno())
    except OSError:
        fresh.unlink()
        raise
    return fresh


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns
