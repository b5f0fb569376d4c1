"""The reference of `context` for prompts, made from its signatures and docstrings, so that it cannot lie."""

from __future__ import annotations

import inspect

from rlm_core.context.context import Context


def reference() -> str:
    """Returns what a model has to know about `context`, in under 6,000 characters."""
    parts = [inspect.getdoc(Context) or ""]
    for name, member in vars(Context).items():
        if name.startswith("_"):
            continue
        doc = " ".join((inspect.getdoc(member) or "").split())
        if inspect.isfunction(member):
            parts.append(f"context.{name}{_parameters(member)}: {doc}")
        else:
            parts.append(f"context.{name}: {doc}")
    return "\n".join(parts)


def _parameters(method: object) -> str:
    """A signature as a call would look like: names and defaults, no types."""
    if not callable(method):
        return ""
    signature = inspect.signature(method)
    shown = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in signature.parameters.items()
        if name != "self"
    ]
    return str(signature.replace(parameters=shown, return_annotation=inspect.Signature.empty))
