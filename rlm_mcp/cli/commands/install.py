"""Adds this server to the configuration file of an assistant or editor, and to nothing else in it.

The rest of the file keeps its bytes, comments included; the file as it was is copied beside it
(NAME.rlm-mcp.bak). Running it again brings the entry up to date and keeps what you have added to it.
Variables such as OPENAI_API_KEY are passed on by name where a client must be told; no value of one is
ever written into a file.

Your own file names the path of this installation. A project's file (--project) names the git commit that it
was installed from, as in uvx --from git+URL rlm-mcp install vscode --project; without one it is refused.

  rlm-mcp install --list
  rlm-mcp install claude-code
  rlm-mcp install vscode --project
  rlm-mcp install claude-desktop --root ~/src/shop
"""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rlm_core.errors import ConfigError
from rlm_core.workspace.roots import default_root
from rlm_mcp.cli import options
from rlm_mcp.cli.clients import installation
from rlm_mcp.cli.clients.launch import launch
from rlm_mcp.cli.clients.locations import Locations
from rlm_mcp.cli.clients.registry import CLIENTS
from rlm_mcp.cli.exit_codes import DONE
from rlm_mcp.cli.terminal_output import write_stdout

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from rlm_mcp.cli.clients.client import Client
    from rlm_mcp.cli.clients.config_file import ConfigFile
    from rlm_mcp.cli.clients.installation import PlannedEdit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `install`."""
    add_client_arguments(parser, optional=True)
    parser.add_argument(
        "--list", action="store_true", help="show the clients, and where the server is installed"
    )
    options.add_root(parser, default="the client's roots, or the folder where the client starts the server")


def add_client_arguments(parser: argparse.ArgumentParser, *, optional: bool) -> None:
    """What `install` and `uninstall` have in common."""
    parser.add_argument(
        "client", nargs="?" if optional else None, choices=list(CLIENTS), metavar="CLIENT",
        help=", ".join(CLIENTS),
    )  # fmt: skip
    parser.add_argument(
        "--project", action="store_true",
        help="edit the file of the current project, which others may share, and not your own",
    )  # fmt: skip
    parser.add_argument(
        "--name", default=installation.NAME, help="the server's name in the client (default: %(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the change as a diff and make none")


def run(args: argparse.Namespace) -> int:
    """Edits one client's file, or lists the clients."""
    locations = Locations.here()
    if args.list:
        write_stdout("".join(_client_list(locations)))
        return DONE
    if args.client is None:
        raise ConfigError(
            f"Say which client: {', '.join(CLIENTS)}; rlm-mcp install --list shows which are here."
        )
    client = CLIENTS[args.client]
    if client.needs_root and not args.root:
        raise ConfigError(f"{client.title} starts servers in no project's folder: say which with --root DIR.")
    if missing := next((root for root in args.root or () if not root.is_dir()), None):
        raise ConfigError(f"There is no folder {missing}.")
    file = file_to_edit(client, locations, project=args.project)
    if not args.project and not client.is_present(locations):
        sys.stderr.write(f"rlm-mcp: note: {client.title} does not seem to be on this machine.\n")
    start = launch(args.root or (), portable=args.project)
    edit = installation.plan_install(client, file, start, args.name)
    done = f"{client.title} starts {shlex.join(start.command)} as {args.name!r}"
    apply_or_show(edit, done, dry_run=args.dry_run)
    if not args.dry_run:
        write_stdout(client.next_steps + "\n")
    return DONE


def file_to_edit(client: Client, locations: Locations, *, project: bool) -> ConfigFile:
    """The client's file for the user or the current project, read.

    Raises:
        ConfigError: the client has no file of a project.
        ClientFileError: the file cannot be read.
        WorkspaceError: the current folder is no project.
    """
    if not project:
        return installation.user_file(client, locations)
    file = installation.project_file(client, default_root())
    if file is None:
        raise ConfigError(f"{client.title} has no configuration file of a project; leave --project out.")
    return file


def apply_or_show(edit: PlannedEdit, done: str, *, dry_run: bool) -> None:
    """Makes a change and tells of it, or shows it."""
    if not edit.needed:
        write_stdout(f"Nothing to change in {edit.file.path}.\n")
    elif dry_run:
        write_stdout(edit.diff())
    else:
        backup = edit.apply()
        kept = f" (as it was: {backup.name})" if backup else ""
        write_stdout(f"{done}: {edit.file.path}{kept}.\n")


def _client_list(locations: Locations) -> Iterator[str]:
    project = default_root()
    for client in CLIENTS.values():
        places, problems = installation.installed(client, locations, project)
        where = [f"{place.name!r} in {place.path}" for place in places]
        state = "; ".join([*where, *problems]) or ("found" if client.is_present(locations) else "not found")
        yield f"{client.id:<14}  {client.title:<14}  {state}\n"
