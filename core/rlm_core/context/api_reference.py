"""API reference of `context`, made from its signatures and docstrings, so that it cannot lie.

They are read from the source: importing `Context` would load the parser, which the server has no use for.
"""

from __future__ import annotations

import ast
import re
from importlib import resources
from textwrap import shorten

_PROPERTIES = {"property", "cached_property"}


def api_reference() -> str:
    """Returns what a root model has to know about `context`, in under 6,000 characters."""
    context = _class()
    lines = [f"context.{_call(member)}: {_doc(member)}" for member in _members(context)]
    return "\n".join([ast.get_docstring(context) or "", *lines])


def brief_api_reference(budget: int) -> str:
    """Returns a line for each member of `context`: names of parameters, and how the docstring begins.

    Args:
        budget: characters that all lines may have together; what they say gives way, the names do not.
    """
    entries = [(_call(member, brief=True), _clause(member)) for member in _members(_class())]
    texts = (
        "\n".join(f".{call}: {shorten(clause, room, placeholder=' …')}" for call, clause in entries)
        for room in range(80, 10, -1)
    )
    return next(text for text in texts if len(text) <= budget)


def _class() -> ast.ClassDef:
    source = resources.files(__package__).joinpath("context.py").read_text("utf-8")
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    return next(node for node in classes if node.name == "Context")


def _members(context: ast.ClassDef) -> list[ast.FunctionDef]:
    functions = (node for node in context.body if isinstance(node, ast.FunctionDef))
    return [node for node in functions if not node.name.startswith("_")]


def _call(member: ast.FunctionDef, *, brief: bool = False) -> str:
    """A member as in a call, without types: parameters with their defaults, briefly with `=` for these."""
    if any(isinstance(mark, ast.Name) and mark.id in _PROPERTIES for mark in member.decorator_list):
        return member.name
    arguments = member.args
    del arguments.args[0]  # self
    for argument in (*arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    if not brief:
        return f"{member.name}({ast.unparse(arguments)})"
    names = [argument.arg for argument in arguments.args]
    required = len(names) - len(arguments.defaults)
    optional = [*names[required:], *(argument.arg for argument in arguments.kwonlyargs)]
    return f"{member.name}({', '.join([*names[:required], *(f'{name}=' for name in optional)])})"


def _doc(member: ast.FunctionDef) -> str:
    return " ".join((ast.get_docstring(member) or "").split())


def _clause(member: ast.FunctionDef) -> str:
    """The first sentence of the docstring, or what stands before a colon in it."""
    return re.split(r"[.:;] |[.:;]$", _doc(member))[0]
