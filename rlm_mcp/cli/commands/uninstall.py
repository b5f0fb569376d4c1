"""Takes this server out of the configuration file of an assistant or editor again.

The rest of the file keeps its bytes; the file as it was is copied beside it (NAME.rlm-mcp.bak).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_mcp.cli.clients import installation
from rlm_mcp.cli.clients.locations import Locations
from rlm_mcp.cli.clients.registry import CLIENTS
from rlm_mcp.cli.commands.install import add_client_arguments, apply_or_show, file_to_edit
from rlm_mcp.cli.exit_codes import DONE

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `uninstall`."""
    add_client_arguments(parser, optional=False)


def run(args: argparse.Namespace) -> int:
    """Edits one client's file."""
    client = CLIENTS[args.client]
    file = file_to_edit(client, Locations.here(), project=args.project)
    edit = installation.plan_uninstall(client, file, args.name)
    apply_or_show(edit, f"{client.title} no longer starts {args.name!r}", dry_run=args.dry_run)
    return DONE
