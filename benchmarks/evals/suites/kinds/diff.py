"""Diff (level 4): what a change of a function's name or parameters breaks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from benchmarks.evals.suites.facts import FUNCTIONS, Call, Defined, Facts, FileFacts
from benchmarks.evals.suites.kinds.candidate import Candidate, Kind, files, subjects
from benchmarks.evals.suites.kinds.resolution import on_class


def _renamed(facts: Facts) -> Iterator[Candidate]:
    imported: defaultdict[str, set[str]] = defaultdict(set)
    for file in facts.files:
        for each in file.imports:
            imported[each.source].add(f"{file.path}:{each.line}")
    for defined in _changeable(facts):
        name = defined.definition.name
        new = f"{name}_renamed"
        header = re.sub(rf"\b{re.escape(name)}\b", new, defined.definition.header, count=1)
        calls = [f"{file.path}:{call.line}" for file, call in facts.called.get(name, ())]
        if header != defined.definition.header and calls:
            yield _candidate(
                defined,
                header,
                f"Which places still have the old name? By name, in all {files(facts)}, tests too, also in "
                f"the file of the diff: every line on which `{name}` is called, on any object, or imported.",
                {*calls, *imported[name]},
            )


def _new_parameter(facts: Facts) -> Iterator[Candidate]:
    """A parameter that every call has to give by its keyword."""
    if facts.language != "Python":
        return
    for defined in _changeable(facts):
        params = defined.definition.params
        calls = _unambiguous(facts, defined)
        starred = any(name.startswith("**") for name in params)
        head, closed, tail = _split(defined.definition.header)
        if not calls or starred or not closed:
            continue
        keyword = "required_flag" if any(name.startswith("*") for name in params) else "*, required_flag"
        comma = "" if head.rstrip().endswith(("(", ",")) else ", "
        yield _candidate(
            defined,
            f"{head}{comma}{keyword}{tail}",
            _RULE.format(files=files(facts), name=defined.definition.name),
            {f"{file.path}:{call.line}" for file, call in calls},
        )


def _lost_parameter(facts: Facts) -> Iterator[Candidate]:
    """The last parameter, which some calls give and others leave out, is taken away."""
    if facts.language != "Python":
        return
    for defined in _changeable(facts):
        params = defined.definition.params
        calls = _unambiguous(facts, defined)
        if not calls or len(params) < 2 or any(name.startswith("*") for name in params):
            continue
        last = params[-1]
        pattern = re.compile(rf",\s*{re.escape(last)}\b[^,()\[\]]*(?=\)[^()]*:\s*$)")
        header, count = pattern.subn("", defined.definition.header)
        given = [
            (file, call)
            for file, call in calls
            if len(call.args) >= len(params) or any(each.startswith(f"{last}=") for each in call.keywords)
        ]
        if count == 1 and 0 < len(given) < len(calls):
            yield _candidate(
                defined,
                header,
                _RULE.format(files=files(facts), name=defined.definition.name),
                {f"{file.path}:{call.line}" for file, call in given},
            )


_RULE = (
    "Which calls no longer fit? By name, in all {files}, tests too, also in the file of the diff: calls of "
    "which the last identifier is `{name}`, on any object. Give the line of that identifier."
)


def _changeable(facts: Facts) -> Iterator[Defined]:
    """Functions whose name stands nowhere but where it is defined, called, or imported as it is."""
    renamed = {each.source for file in facts.files for each in file.imports if each.name != each.source}
    for defined in subjects(facts, FUNCTIONS):
        name = defined.definition.name
        if defined.definition.header and name not in facts.mentioned and name not in renamed:
            yield defined


def _unambiguous(facts: Facts, defined: Defined) -> list[tuple[FileFacts, Call]]:
    """Calls that say what they give; none where one does not, or where a decorator may change what fits."""
    definition = defined.definition
    calls = facts.called.get(definition.name, [])
    plain = set(definition.decorators) <= {"staticmethod", "classmethod"}
    fits = all(
        not call.spread and len(call.args) <= len(definition.params) and not on_class(call, definition)
        for _, call in calls
    )
    return calls if plain and fits else []


def _split(header: str) -> tuple[str, str, str]:
    """A signature's line before and after the end of its parameters."""
    match = re.fullmatch(r"([^#]*?)(\)(?:\s*->[^#]*)?:\s*)", header)
    return (
        (match[1], ")", match[2])
        if match and match[1].count("(") == match[1].count(")") + 1
        else ("", "", "")
    )


def _candidate(defined: Defined, header: str, question: str, truth: set[str]) -> Candidate:
    line, path = defined.definition.line, defined.path
    places = {place.rpartition(":")[0] for place in truth}
    return Candidate(
        "This diff is applied, and nothing else is changed:\n\n```diff\n"
        f"--- a/{path}\n+++ b/{path}\n@@ -{line} +{line} @@\n-{defined.definition.header}\n+{header}\n```\n\n"
        f"{question}",
        tuple(sorted(truth, key=_in_order)),
        (path, *sorted(places - {path})),
    )


def _in_order(place: str) -> tuple[str, int]:
    path, _, line = place.rpartition(":")
    return path, int(line)


KINDS = (
    Kind("diff-rename", 4, "places", "place", _renamed),
    Kind("diff-new-parameter", 4, "places", "place", _new_parameter),
    Kind("diff-lost-parameter", 4, "places", "place", _lost_parameter),
)
