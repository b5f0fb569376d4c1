"""MCP prompts, picked by a person: each tells the assistant how to use the tools for one task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from rlm_mcp.server.icons import ICONS

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from rlm_mcp.server.app import App


def register(server: MCPServer[App]) -> None:
    """Adds every prompt to the server."""
    server.prompt("ask", title="Ask the whole codebase", icons=ICONS)(ask)
    server.prompt("explain-symbol", title="Explain a symbol", icons=ICONS)(explain_symbol)
    server.prompt("impact-of-change", title="Impact of a change", icons=ICONS)(impact_of_change)
    server.prompt("review-diff", title="Review a diff against the codebase", icons=ICONS)(review_diff)


def ask(
    question: Annotated[str, Field(description="What you want to know about the codebase.")],
    scope: Annotated[str, Field(description="Only these files: globs, separated by spaces.")] = "",
) -> str:
    """Answers a question about the whole codebase, with checked citations."""
    narrowed = f" with scope {scope.split()!r}" if scope.strip() else ""
    return (
        f"Call rlm_query{narrowed} with this question, and wait with rlm_result if it is still running:\n\n"
        f"{question}\n\n"
        "Give me the answer with its citations (path:start-end). Say so if it is incomplete or if places are "
        "unverified. Where the status is `extract`, nobody has answered: go on yourself with rlm_repl, as "
        "`next` says, and cite what you have read."
    )


def explain_symbol(
    symbol: Annotated[str, Field(description="A function, class or method; `Class.method` works.")],
) -> str:
    """Explains what a symbol does, who uses it and why it is as it is."""
    return (
        f"Explain `{symbol}` in this codebase. With rlm_repl: context.find({symbol!r}) for where it is "
        f"defined, context.slice(...) for its text, context.references({symbol!r}) for who uses it. Read the "
        "callers that differ from each other. Then tell me: what it does and guarantees, who relies on it "
        "and for what, what is surprising about it. Cite path:start-end for each claim."
    )


def impact_of_change(
    change: Annotated[str, Field(description="What you are about to change, and how.")],
) -> str:
    """Finds out what a planned change would affect."""
    return (
        f"I am about to make this change:\n\n{change}\n\n"
        "Find everything in this codebase that it would affect. Use rlm_query with one complete question "
        "about it (callers, subclasses, configuration, serialised forms, documentation, tests), then check "
        "the places that matter with rlm_repl (context.references, context.grep, context.slice). List what "
        "breaks, what silently behaves differently, what has to change along with it, and which tests cover "
        "it, each with path:start-end. Say what you could not determine."
    )


def review_diff(
    since: Annotated[str, Field(description="Git revision to compare with.")] = "HEAD",
) -> str:
    """Reviews what has changed since a revision, against the rest of the codebase."""
    return (
        f"Review the changes in this workspace since {since}. With rlm_repl: "
        f"context.changed({since!r}) lists the files, context.diff(path, {since!r}) shows one. For each "
        "changed definition look at its callers (context.callers) and at code that does the same kind of "
        "thing elsewhere. Report, most serious first: defects, broken callers, departures from how this "
        "codebase does things, missing tests. Cite path:start-end. Do not report what a linter would."
    )
