"""Signatures of `context`'s methods for the description of `rlm_repl`, read from the source of `Context`.

Parsed, not imported: a server describes its tools before anything else, and `Context` brings RE2 and
tree-sitter along, which have no business in this process.
"""

from __future__ import annotations

import ast
import re
from importlib.resources import files


def context_methods(budget: int) -> str:
    """A line for each public member of `Context`: its parameters, and how its docstring begins.

    Args:
        budget: characters that all lines may have together; what they say gives way, the names do not.
    """
    source = files("rlm_core").joinpath("context", "context.py").read_text("utf-8")
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    context = next(node for node in classes if node.name == "Context")
    members = (node for node in context.body if isinstance(node, ast.FunctionDef))
    entries = [(_signature(node), _clause(node)) for node in members if not node.name.startswith("_")]
    texts = (
        "\n".join(f".{signature}: {_cut(clause, room)}" for signature, clause in entries)
        for room in range(80, 10, -1)
    )
    return next(text for text in texts if len(text) <= budget)


def _signature(member: ast.FunctionDef) -> str:
    """A member as in a call: names of parameters, with `=` after those that have a default."""
    decorators = {node.id for node in member.decorator_list if isinstance(node, ast.Name)}
    if decorators & {"property", "cached_property"}:
        return member.name
    names = [argument.arg for argument in member.args.args[1:]]
    required = len(names) - len(member.args.defaults)
    optional = [*names[required:], *(argument.arg for argument in member.args.kwonlyargs)]
    return f"{member.name}({', '.join([*names[:required], *(f'{name}=' for name in optional)])})"


def _clause(member: ast.FunctionDef) -> str:
    """The first sentence of the docstring, or what stands before a colon in it."""
    doc = " ".join((ast.get_docstring(member) or "").split())
    return re.split(r"[.:;] |[.:;]$", doc)[0]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[:room].rpartition(" ")[0] + " …"
