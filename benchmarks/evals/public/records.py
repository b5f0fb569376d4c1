"""Record: one entry of a public set's file, checked before it is used, and the files that it brings."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from benchmarks.evals.questions import SuiteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedIOBase
    from pathlib import Path

Record = TypeVar("Record", bound=BaseModel)

# Contexts of four million tokens are lines of some 20 MB; a set that is one JSON value is larger.
MAX_LINE_BYTES = 256_000_000
MAX_FILE_BYTES = 2_000_000_000
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def read_records(path: Path, kind: type[Record]) -> Iterator[tuple[Record, str]]:
    """Records of a file of JSON Lines, or of one JSON list, each with where it stands.

    Args:
        path: the file; gzipped where its name ends in `.gz`.
        kind: what a record is; fields that it does not have are left aside.

    Raises:
        SuiteError: the file cannot be read, or has an entry that is no such record; says which.
    """
    try:
        with _opened(path) as file:
            is_list = file.read(1_000).lstrip().startswith(b"[")
        if is_list:
            found = read_json(path)
            entries = ((entry, f"{path}, record {number}") for number, entry in enumerate(found, 1))
            for entry, where in entries:
                yield checked(entry, kind, where), where
            return
        with _opened(path) as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                where = f"{path}, line {number}"
                if len(line) > MAX_LINE_BYTES:
                    raise SuiteError(f"{where} is longer than {MAX_LINE_BYTES:,} bytes.")
                if line.strip():
                    yield checked(line, kind, where), where
    except (OSError, EOFError) as error:
        raise SuiteError(f"{path} cannot be read: {error}.") from error


def read_json(path: Path) -> list[object]:
    """A file that is one JSON value; one that is no list is a list of itself.

    Raises:
        SuiteError: it cannot be read, or is none.
    """
    try:
        with _opened(path) as file:
            text = file.read(MAX_FILE_BYTES + 1)
        if len(text) > MAX_FILE_BYTES:
            raise SuiteError(f"{path} is longer than {MAX_FILE_BYTES:,} bytes.")
        found = json.loads(text)
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise SuiteError(f"{path} cannot be read as JSON: {error}.") from error
    return found if isinstance(found, list) else [found]


def checked(entry: object, kind: type[Record], where: str) -> Record:
    """An entry as a record.

    Args:
        entry: a JSON value, or the bytes of one.
        kind: what it has to be.
        where: where it stands.

    Raises:
        SuiteError: it is no such record; says where and why.
    """
    try:
        if isinstance(entry, bytes):
            return kind.model_validate_json(entry)
        return kind.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise SuiteError(f"{where}: {f'{field}: ' if field else ''}{first['msg']}.") from error


def folder_name(text: str) -> str:
    """A name for a folder from any text."""
    return _UNSAFE.sub("_", text).lstrip(".")[:200] or "_"


def write_file(folder: Path, workspace: str, path: str, text: str) -> None:
    """Writes a file of a workspace that a set brings along.

    Raises:
        SuiteError: the path leads out of the workspace.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path or "\\" in path:
        raise SuiteError(f"The path {path!r} of the workspace {workspace} is no path in it.")
    target = folder.joinpath("workspaces", workspace, *parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode("utf-8", "replace"))


def _opened(path: Path) -> BufferedIOBase:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
