"""`workspace/executeCommand`: the commands, for clients that send no requests outside of LSP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from rlm_lsp.requests.ask import ask

if TYPE_CHECKING:
    from lsprotocol import types

    from rlm_lsp.server import Server

# Each takes the command's one argument and the token that the client wants to see progress on.
COMMANDS = {"rlm.ask": ask}


async def execute_command(ls: Server, params: types.ExecuteCommandParams) -> Any:
    """Runs a command in the request's own task, so that `$/cancelRequest` reaches it."""
    command = COMMANDS.get(params.command)
    if command is None:
        names = ", ".join(f"`{name}`" for name in COMMANDS)
        raise JsonRpcInvalidParams(f"There is no command {params.command!r}; there is {names}.")
    argument = params.arguments[0] if params.arguments else None
    return await command(ls, argument, params.work_done_token)
