"""Trace (level 3): a value that is passed on from function to function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.evals.suites.facts import FUNCTIONS, Call, Defined, Definition, Facts, FileFacts
from benchmarks.evals.suites.kinds.candidate import Candidate, Kind, ordinary, telling
from benchmarks.evals.suites.kinds.resolution import Resolution, on_class

_CALLS = 3
_RULE = (
    "passes its parameter `{name}` on to another function, in a call of which one argument is nothing but "
    "that name; that function passes the parameter that receives it on in the same way, and so on, three "
    "calls in all. In each of the first three functions it is the only call that has the parameter for an "
    "argument by itself. A call on `self`, `cls` or `this` is one of the method of the same type; on "
    "another object, of the only method of that name. Through which functions does the value go? Give all "
    "four in order, the one that is named here first."
)


def _traces(facts: Facts) -> Iterator[Candidate]:
    trace = _Trace(facts)
    seen: set[tuple[str, ...]] = set()
    for file in facts.files:
        for each in file.definitions if ordinary(file.path) else ():
            for name in each.params if each.kind in FUNCTIONS and telling(each.name) else ():
                way = trace.way(Defined(file.path, each), name)
                on = tuple(step.qualified for step in way[1:])
                if way and on not in seen:  # many may begin, and go on in the same way
                    seen.add(on)
                    yield Candidate(
                        f"`{each.qualified}` of `{file.path}` {_RULE.format(name=name)}",
                        (way[0].qualified, *on),
                        tuple(dict.fromkeys(step.path for step in way)),
                    )


class _Trace:
    """Follows parameters by syntax, where there is one way only."""

    def __init__(self, facts: Facts) -> None:
        self._resolution = Resolution(facts)
        self._calls: defaultdict[tuple[str, str], list[Call]] = defaultdict(list)
        self._unclear: set[tuple[str, str]] = set()  # functions with others in them, or of the same name
        for file in facts.files:
            self._note(file)

    def way(self, start: Defined, parameter: str) -> list[Defined]:
        """The functions that a parameter goes through; empty where that is not one way of so many calls."""
        way = [start]
        for _ in range(_CALLS):
            step = self._step(way[-1], parameter)
            if step is None or step[0] in way:
                return []
            way.append(step[0])
            parameter = step[1]
        return way

    def _step(self, function: Defined, parameter: str) -> tuple[Defined, str] | None:
        """The only function that gets a parameter as an argument by itself, and as which of its own."""
        at = (function.path, function.definition.qualified)
        passing = [call for call in self._calls[at] if _passes(call, parameter)]
        if parameter in function.definition.rebound or at in self._unclear or len(passing) != 1:
            return None
        callee = self._resolution.callee(function, passing[0])
        if callee is None or passing[0].spread or on_class(passing[0], callee.definition):
            return None
        received = _received(passing[0], parameter, callee.definition)
        return (callee, received) if received else None

    def _note(self, file: FileFacts) -> None:
        names: set[str] = set()
        for call in file.calls:
            self._calls[file.path, call.within].append(call)
        for each in file.definitions:
            self._unclear.add((file.path, each.parent))
            if each.qualified in names:
                self._unclear.add((file.path, each.qualified))
            names.add(each.qualified)


def _passes(call: Call, parameter: str) -> bool:
    return parameter in call.args or any(each.partition("=")[2] == parameter for each in call.keywords)


def _received(call: Call, parameter: str, callee: Definition) -> str:
    """The name under which a function gets an argument; empty where it is not one parameter of it."""
    places = [number for number, name in enumerate(call.args) if name == parameter]
    keywords = [each.partition("=")[0] for each in call.keywords if each.partition("=")[2] == parameter]
    if len(places) + len(keywords) != 1:
        return ""
    if keywords:
        return keywords[0] if keywords[0] in callee.params else ""
    starred = (number for number, name in enumerate(callee.params) if name.startswith("*"))
    by_place = callee.params[: next(starred, len(callee.params))]
    return by_place[places[0]] if places[0] < len(by_place) else ""


KINDS = (Kind("trace", 3, "waypoints", "function as `path::Class.method`", _traces),)
