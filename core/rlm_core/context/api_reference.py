"""API reference of `context`, made from its signatures and docstrings, so that it cannot lie.

They are read from the source: importing `Context` would load the parser, which the server has no use for.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROPERTIES = {"property", "cached_property"}


def api_reference() -> str:
    """Returns what a root model has to know about `context`: a line for each method; `help` has the rest."""
    context = _class()
    members = _members(context)
    properties = " ".join(f".{member.name}" for member in members if _is_property(member))
    lines = [f".{_call(member)}: {_line(member)}" for member in members if not _is_property(member)]
    return "\n".join([ast.get_docstring(context) or "", "", properties, *lines])


def brief_api_reference(budget: int) -> str:
    """Returns a line for each member of `context`: most of its parameters, and how the docstring begins.

    Args:
        budget: bytes that all lines may have together; the longest of what they say gives way, the names
            do not.
    """
    lines = {f".{_call(member, brief=True)}": _clause(member) for member in _members(_class())}
    while True:
        text = "\n".join(f"{call}: {clause}" if clause else call for call, clause in lines.items())
        longest = max(lines, key=lambda call: len(lines[call]))
        if len(text.encode()) <= budget or not lines[longest]:
            return text
        lines[longest] = ""


@cache
def _class() -> ast.ClassDef:
    source = resources.files(__package__).joinpath("context.py").read_text("utf-8")
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    return next(node for node in classes if node.name == "Context")


def _members(context: ast.ClassDef) -> list[ast.FunctionDef]:
    functions = (node for node in context.body if isinstance(node, ast.FunctionDef))
    return [node for node in functions if not node.name.startswith("_")]


def _is_property(member: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id in _PROPERTIES for mark in member.decorator_list)


def _call(member: ast.FunctionDef, *, brief: bool = False) -> str:
    """A member as in a call: the names of its parameters, those that may be left out with `=`.

    Not `limit`, which is said of all. Where it is to be brief, dots stand for several besides `glob`.
    """
    if _is_property(member):
        return member.name
    parameters = list(_parameters(member.args))
    required = [f"*{given.name}" if given.several else given.name for given in parameters if given.required]
    optional = [f"{given.name}=" for given in parameters if not given.required and given.name != "limit"]
    others = [name for name in optional if name != "glob="]
    if brief and len(others) > 1:
        optional = [*(name for name in optional if name == "glob="), "…"]
    return f"{member.name}({', '.join([*required, *optional])})"


def _line(member: ast.FunctionDef) -> str:
    """The first paragraph of the docstring."""
    return " ".join((ast.get_docstring(member) or "").partition("\n\n")[0].split())


def _doc(member: ast.FunctionDef) -> str:
    return " ".join((ast.get_docstring(member) or "").split())


def _clause(member: ast.FunctionDef) -> str:
    """The first sentence of the docstring, or what stands before a colon in it, unless that cuts code."""
    clause = re.split(r"[.:;] |[.:;]$", _doc(member))[0]
    return "" if clause.count("`") % 2 else clause


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method.

    Attributes:
        name: as it is written.
        annotation: its type, as it is written; empty where there is none.
        required: it has no default.
        several: it takes any number of values.
    """

    name: str
    annotation: str
    required: bool
    several: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """A method of `context`.

    Attributes:
        name: as it is called.
        doc: its docstring.
        parameters: without `self`, in order.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...]


def methods() -> dict[str, Method]:
    """Returns the public methods of `context` by name."""
    return {
        member.name: Method(member.name, ast.get_docstring(member) or "", tuple(_parameters(member.args)))
        for member in _members(_class())
        if not _is_property(member)
    }


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    names = arguments.args[1:]  # not self
    required = len(names) - len(arguments.defaults)
    for at, argument in enumerate(names):
        yield Parameter(argument.arg, _annotation(argument), at < required)
    if arguments.vararg:
        yield Parameter(arguments.vararg.arg, _annotation(arguments.vararg), required=True, several=True)
    for argument in arguments.kwonlyargs:
        yield Parameter(argument.arg, _annotation(argument), required=False)


def _annotation(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation) if argument.annotation else ""
