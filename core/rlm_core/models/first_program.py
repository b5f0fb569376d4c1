"""First program: what begins to look into a question, before anybody has read anything."""

from __future__ import annotations

import re

from rlm_core.models.identifiers import identifiers

NAMES = 4
PLACES = 8
QUESTION_CHARS = 4_000  # of a question that is longer, its beginning
SHOWN_DEFINED = 8
SHOWN_RELATED = 20
# What a question wants to know of a name or file, the more particular first: "what does f call" asks for
# callees, "what calls f" for callers.
_RELATIONS = {
    "subclasses": re.compile(
        r"\b(?:subclass(?:es)?|inherit(?:s|ed)?|derived?|extends?|classes below)\b", re.IGNORECASE
    ),
    "implementers": re.compile(r"\b(?:implements?|implementers?|implementations of)\b", re.IGNORECASE),
    "callees": re.compile(r"\bdo(?:es)?\b.*\bcalls?\b|\bcallees?\b", re.IGNORECASE),
    "callers": re.compile(r"\b(?:calls?|called|callers?|invoke[sd]?)\b", re.IGNORECASE),
    "imports": re.compile(r"\bdo(?:es)?\b.*\b(?:import|include|depend on)\b|\bimports of\b", re.IGNORECASE),
    "importers": re.compile(r"\b(?:import(?:s|ed|ers?)?|include[sd]?|depends? on)\b", re.IGNORECASE),
}
# What it binds, as far as the question gives rise to it.
BOUND = ("places", "defined", "related")
_OF_FILES = {"imports", "importers"}


def first_program(question: str) -> str:
    """A program that begins to look into a question, for somebody who reads what it prints and goes on.

    It binds `places` (ranked); `defined` (symbols by name) where the question names code; and `related`
    where it asks how that is related to other code.
    """
    question = question[:QUESTION_CHARS]
    names, related = identifiers(question)[:NAMES], relation(question)
    lines = [f"places = context.rank({question!r}, k={PLACES})", "print(places)"]
    if names:
        lines += [
            f"defined = {{name: context.find(name, limit={SHOWN_DEFINED}) for name in {names!r}}}",
            "for name, found in defined.items():",
            # Of what is only like the name one is enough: a question names products and formats as well.
            "    print(found if found and found[0].name == name.rpartition('.')[2] else found[:1])",
        ]
    if names and related and related not in _OF_FILES:
        lines += [
            f"related = context.{related}({names[0]!r})",
            f'print(f"{{len(related)}} {related} of {names[0]}, the first:")',
            f"print(related[:{SHOWN_RELATED}])",
        ]
    return "\n".join(lines)


def relation(question: str) -> str:
    """The method of `context` that gives what a question wants to know of a name; empty for none."""
    cut = question[:QUESTION_CHARS]  # patterns with two words look for the second from each of the first
    return next((name for name, pattern in _RELATIONS.items() if pattern.search(cut)), "")
