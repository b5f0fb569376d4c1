"""API reference of `context` for prompts, made from its signatures and docstrings, so that it cannot lie.

They are read from the source: importing `Context` would load the parser, which the server has no use for.
"""

from __future__ import annotations

import ast
from importlib import resources

_PROPERTIES = {"property", "cached_property"}


def reference() -> str:
    """Returns what a model has to know about `context`, in under 6,000 characters."""
    source = resources.files(__package__).joinpath("context.py").read_text("utf-8")
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    context = next(node for node in classes if node.name == "Context")
    parts = [ast.get_docstring(context) or ""]
    for member in context.body:
        if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
            doc = " ".join((ast.get_docstring(member) or "").split())
            parts.append(f"context.{member.name}{_parameters(member)}: {doc}")
    return "\n".join(parts)


def _parameters(method: ast.FunctionDef) -> str:
    """A signature as a call would look like: names and defaults, no types; nothing for a property."""
    if any(isinstance(mark, ast.Name) and mark.id in _PROPERTIES for mark in method.decorator_list):
        return ""
    arguments = method.args
    del arguments.args[0]  # self
    for argument in (*arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    return f"({ast.unparse(arguments)})"
