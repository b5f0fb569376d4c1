"""Installation into a client's file, or out of it: first as a plan that can be shown, then for real."""

from __future__ import annotations

import copy
import difflib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from rlm_core.errors import WorkspaceError
from rlm_mcp.cli.clients import config_file
from rlm_mcp.cli.clients.formats import ClientFileError, MalformedError, lookup
from rlm_mcp.cli.clients.launch import Launch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rlm_mcp.cli.clients.client import Client
    from rlm_mcp.cli.clients.locations import Locations

NAME = "rlm"
# What an update brings up to date. Other fields, such as variables to pass on, are the user's once there.
_LAUNCH_FIELDS = ("type", "command", "args")


@dataclass(frozen=True)
class PlannedEdit:
    """An edit of a file that has not been made.

    Attributes:
        file: the file as it is.
        text: what it will say; the same as now when there is nothing to do.
    """

    file: config_file.ConfigFile
    text: str | None

    @property
    def needed(self) -> bool:
        """Whether anything changes."""
        return self.text != self.file.text

    def diff(self) -> str:
        """The change as a unified diff, with one line around it: lines further off may hold others' keys."""
        path = str(self.file.path)
        before, after = ((text or "").splitlines(keepends=True) for text in (self.file.text, self.text))
        lines = difflib.unified_diff(
            before, after, path if self.file.text is not None else "/dev/null", path, n=1
        )
        return "".join(
            line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines
        )

    def apply(self) -> Path | None:
        """Writes the file; returns the copy of the old one, if there was one. Raises `ClientFileError`."""
        return config_file.replace(self.file, self.text or "")


def user_file(client: Client, locations: Locations) -> config_file.ConfigFile:
    """The user's file of a client, read. Raises `ClientFileError`."""
    return config_file.read(client.user_file(locations))


def project_file(client: Client, project: Path) -> config_file.ConfigFile | None:
    """A project's file of a client, read; None where it has none. Raises as `config_file.read_project`."""
    path = client.project_file(project)
    if path is None:
        return None
    return config_file.read_project(project, path, client.format.MAX_PROJECT_BYTES)


def plan_install(
    client: Client, file: config_file.ConfigFile, launch: Launch, name: str = NAME
) -> PlannedEdit:
    """Adds the server under a name, or brings its entry up to date; fields of the user's own stay.

    Raises:
        ClientFileError: the file cannot be understood, or the name belongs to another server.
    """
    values = _values(client, file)
    keys = (*client.servers_keys_in(values), name)
    present = _own_entry(client, file, values, keys)
    earlier = Launch.read(_command(present)) if present is not None else None
    entry = client.entry(launch.updating(earlier) if earlier else launch)
    if present is None:
        return _verified_edit(
            client,
            file,
            lambda text: client.format.with_value(text, keys, entry),
            [_with(values, keys, entry)],
        )
    fresh = {key: value for key, value in entry.items() if key not in present or key in _LAUNCH_FIELDS}

    def update(text: str) -> str:
        for field, value in fresh.items():
            if present.get(field) != value:
                text = client.format.with_value(text, (*keys, field), value)
        return text

    return _verified_edit(client, file, update, [_with(values, keys, {**present, **fresh})])


def plan_uninstall(client: Client, file: config_file.ConfigFile, name: str = NAME) -> PlannedEdit:
    """Takes the server out again, and a map of servers that was made for it; raises as `plan_install`."""
    values = _values(client, file)
    keys = (*client.servers_keys_in(values), name)
    present = _own_entry(client, file, values, keys)
    if present is None:
        return PlannedEdit(file, file.text)
    wanted = [_without(values, keys)]
    if not lookup(wanted[0], keys[:-1]):
        wanted.append(_without(wanted[0], keys[:-1]))

    def remove(text: str) -> str:
        left = client.format.without(text, keys)
        if lookup(client.format.parse(left), keys[:-1]) != {}:
            return left  # there are other servers; or, in TOML, the last `[a.b]` took `a` with it
        bare = client.format.without(left, keys[:-1])
        again = client.format.without(client.format.with_value(bare, keys, present), keys)
        return bare if again == left else left  # an empty map that installing would not leave is the user's

    return _verified_edit(client, file, remove, wanted)


class InstalledEntry(NamedTuple):
    """An entry of this server in a client's file."""

    path: Path
    name: str
    program: str


def installed(client: Client, locations: Locations, project: Path) -> tuple[list[InstalledEntry], list[str]]:
    """The entries in the user's file and in the project's, and a sentence for each that cannot be read."""
    found: list[InstalledEntry] = []
    problems: list[str] = []
    for read in (partial(user_file, client, locations), partial(project_file, client, project)):
        try:
            found += _entries(client, read())
        except ClientFileError as error:
            problems.append(str(error))
        except WorkspaceError:  # such as the home folder: what lies there is no project's
            continue
    return found, problems


def _entries(client: Client, file: config_file.ConfigFile | None) -> list[InstalledEntry]:
    if file is None or file.text is None:
        return []
    values = _values(client, file)
    servers = lookup(values, client.servers_keys_in(values))
    if not isinstance(servers, dict):
        return []
    ours = [(name, entry) for name, entry in servers.items() if _is_ours(entry)]
    return [InstalledEntry(file.path, name, _command(entry)[0]) for name, entry in ours]


def _values(client: Client, file: config_file.ConfigFile) -> dict[str, Any]:
    try:
        return client.format.parse(file.text or "")
    except MalformedError as error:
        raise ClientFileError(
            f"{file.path} cannot be understood, {error}; it is left as it is: mend it and try again."
        ) from error


def _own_entry(
    client: Client, file: config_file.ConfigFile, values: dict[str, Any], keys: Sequence[str]
) -> dict[str, Any] | None:
    entry = lookup(values, keys)
    if entry is not None and not _is_ours(entry):
        raise ClientFileError(
            f"{file.path} has a server {keys[-1]!r} that is not rlm-mcp; it is left as it is. "
            f"Use another name: rlm-mcp install {client.id} --name NAME."
        )
    own: dict[str, Any] | None = entry
    return own


def _is_ours(entry: Any) -> bool:
    return isinstance(entry, dict) and Launch.read(_command(entry)) is not None


def _command(entry: dict[str, Any]) -> list[str]:
    """Command and arguments, whether the client has them in one field or in two."""
    parts: list[str] = []
    for field in ("command", "args"):
        value = entry.get(field)
        parts += [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [part for part in parts if isinstance(part, str)]


def _with(values: dict[str, Any], keys: Sequence[str], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(values)
    inner: Any = changed
    for key in keys[:-1]:
        inner = inner.setdefault(key, {})
        if not isinstance(inner, dict):
            return changed  # the format says so when it is asked to edit the text
    inner[keys[-1]] = value
    return changed


def _without(values: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    changed = copy.deepcopy(values)
    del lookup(changed, keys[:-1])[keys[-1]]
    return changed


def _verified_edit(
    client: Client, file: config_file.ConfigFile, edit: Callable[[str], str], wanted: Sequence[dict[str, Any]]
) -> PlannedEdit:
    """Holds the edited text to what it must mean, so that no edit can ever change anything else."""
    try:
        text = edit(file.text or "")
        done = client.format.parse(text)
    except MalformedError as error:
        raise ClientFileError(f"{file.path}: {error}; it is left as it is.") from error
    if done not in wanted:
        raise ClientFileError(
            f"{file.path} is laid out in a way that cannot be edited safely; it is left as it is. "
            "README shows the entry, to be edited by hand."
        )
    return PlannedEdit(file, text)
