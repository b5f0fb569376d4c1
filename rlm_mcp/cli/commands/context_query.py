"""Context query: a method of `context` as a command, `rlm-mcp find QuerySet`, with no model.

The flags and the help of each are its signature and docstring (`rlm_core.context.api_reference`), so that a
method has its command as soon as it is named here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from rlm_core.context.api_reference import methods
from rlm_core.errors import QueryError
from rlm_mcp.cli import options
from rlm_mcp.cli.exit_codes import DONE, NOTHING_FOUND
from rlm_mcp.cli.sandbox_run import run_program, tell

if TYPE_CHECKING:
    from rlm_core.context.api_reference import Parameter
    from rlm_core.sandbox.base import CellResult

# Short flags as those who search from a shell know them.
_SHORT = {"ignore_case": "-i", "limit": "-n", "context": "-C", "multiline": "-U"}
_HELP = {
    "glob": "only these files: *.py, src/, src/**/*.ts, !tests/",
    "limit": "at most so many",
    "ignore_case": "letters match in either case",
    "context": "lines to show around each match",
    "multiline": "a match may go over line ends",
}
_TYPES = {"int": int, "float": float}


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Arguments of a method: what it needs by position, globs behind that, the rest as flags."""
    parser.description = methods()[name].doc.replace("`", "")
    parameters = _parameters(name)
    for parameter in parameters:
        if parameter.required:
            _add_positional(parser, parameter)
    for parameter in parameters:
        if parameter.name == "glob" and not parameter.required:
            parser.add_argument("glob", nargs="*", metavar="GLOB", help=_HELP["glob"])
        elif not parameter.required:
            _add_flag(parser, parameter)
    parser.add_argument("--json", action="store_true", help="print results, note and total as JSON")
    options.add_root(parser)
    options.add_scope(parser)
    options.add_sandbox_flags(parser)


def _parameters(name: str) -> list[Parameter]:
    """What a method takes, but for the revision: --rev is what the whole context is of."""
    return [parameter for parameter in methods()[name].parameters if parameter.name != "rev"]


def _add_positional(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    name = parameter.name
    metavar = name.removesuffix("s").upper() if parameter.several else name.upper()
    number = "+" if parameter.several or name == "glob" else None
    parser.add_argument(name, metavar=metavar, type=_type(parameter), help=_HELP.get(name), nargs=number)


def _add_flag(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    name = parameter.name
    flags = [*filter(None, [_SHORT.get(name)]), f"--{name.replace('_', '-')}"]
    given: dict[str, Any] = {"dest": name, "default": None, "help": _HELP.get(name)}
    if parameter.annotation == "bool":
        given["action"] = argparse.BooleanOptionalAction
    else:
        given |= {"type": _type(parameter), "metavar": "N" if _type(parameter) is int else name.upper()}
    parser.add_argument(*flags, **given)


def _type(parameter: Parameter) -> type:
    return _TYPES.get(parameter.annotation.removesuffix(" | None"), str)


def run(args: argparse.Namespace) -> int:
    """Runs the query; 1 where nothing was found."""
    result = asyncio.run(run_program(args, _program(args), stream=True))
    return _verdict(result)


def _program(args: argparse.Namespace) -> str:
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for parameter in _parameters(args.method):
        value = getattr(args, parameter.name)
        if parameter.several:
            positional += value
        elif parameter.required:
            positional.append(value)
        elif value is not None and value != []:
            keywords[parameter.name] = value
    helper = resources.files("rlm_mcp.cli").joinpath("context_query.py.txt").read_text("utf-8")
    call = f"context.{args.method}(*{positional!r}, **{keywords!r})"
    return f"{helper}\n\nshow({call}, {args.json!r})\n"


def _verdict(result: CellResult) -> int:
    """The exit code, once the note is told; what the sandbox says is looked at before."""
    if result.error is not None:
        *_, last = result.error.strip().splitlines()
        raise QueryError(last.removeprefix("QueryError: "))
    try:
        told = json.loads(result.final or "")
        found, note = bool(told["found"]), str(told["note"])
    except (ValueError, TypeError, LookupError, RecursionError):
        raise QueryError("The sandbox gave no answer.") from None
    tell([note] if note else [])
    return DONE if found else NOTHING_FOUND
