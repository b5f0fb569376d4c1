"""Lookups (level 1 and 2): where something is defined, what a constant is, how many there are."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.evals.suites.facts import FUNCTIONS, TYPES, Defined, Definition, Facts, FileFacts
from benchmarks.evals.suites.kinds.candidate import Candidate, Kind, files, folders, ordinary, subjects

_MAX_TEXT = 60
_MAX_STEPS = 6
_MAX_INT = 1 << 64
_SECRET = re.compile("SECRET|PASSWORD|PASSWD|TOKEN|KEY|CREDENTIAL|AUTH")
_CONSTANT = frozenset({"constant"})
_SORTS = (
    ("classes", frozenset({"class"})),
    ("interfaces", frozenset({"interface"})),
    ("traits", frozenset({"trait"})),
    ("structs", frozenset({"struct"})),
    ("enums", frozenset({"enum"})),
    ("functions and methods", FUNCTIONS),
)
_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "<<": operator.lshift,
    "|": operator.or_,
}


def _definitions(facts: Facts) -> Iterator[Candidate]:
    for defined in subjects(facts, FUNCTIONS | TYPES):
        name, kind = defined.definition.name, defined.definition.kind
        # One that others call too: that its name is found first says nothing.
        if len({file.path for file, _ in facts.called.get(name, ())}) > 1:
            yield Candidate(
                f"Where is the {kind} `{name}` defined? Give the line on which its name stands.",
                (defined.place,),
                (defined.path,),
            )


def _constants(facts: Facts) -> Iterator[Candidate]:
    yield from _values(facts, folded=False)


def _folded_constants(facts: Facts) -> Iterator[Candidate]:
    yield from _values(facts, folded=True)


def _values(facts: Facts, *, folded: bool) -> Iterator[Candidate]:
    for defined in facts.unique(_CONSTANT):
        refers = any(part.startswith("@") for part in defined.definition.postfix)
        hidden = _SECRET.search(defined.definition.name)  # programs may see it masked
        if refers is not folded or hidden or not ordinary(defined.path) or not _sole(facts, defined):
            continue
        used: set[str] = set()
        value = _value(facts, defined, used, _MAX_STEPS)
        if value is None or not _sayable(value):
            continue
        how = "Follow what it is made of to the end, and give the result" if folded else "Give the value"
        yield Candidate(
            f"What is the value of the constant `{defined.definition.name}` of `{defined.path}`? {how} by "
            "itself: a number in decimal digits, a text without its quotes.",
            (str(value),),
            tuple(sorted(used)),
        )


def _value(facts: Facts, defined: Defined, used: set[str], steps: int) -> int | str | None:
    """What a constant is; None where that is not known by syntax alone. Notes the files that it takes."""
    if not steps:
        return None  # constants may refer to one another
    used.add(defined.path)
    stack: list[Any] = []
    for part in defined.definition.postfix:
        value: Any
        if part in _OPERATIONS:
            if len(stack) < 2:
                return None
            right, left = stack.pop(), stack.pop()
            value = _operated(part, left, right)
        elif part.startswith("@"):
            named = _referred(facts, defined, part[1:])
            value = _value(facts, named, used, steps - 1) if named else None
        else:
            value = _literal(part)
        if value is None:
            return None
        stack.append(value)
    return stack[0] if len(stack) == 1 else None


def _literal(part: str) -> int | str | None:
    try:
        value = json.loads(part)
    except ValueError:  # also for a number of too many digits
        return None
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _operated(sign: str, left: Any, right: Any) -> int | str | None:
    both_int = isinstance(left, int) and isinstance(right, int)
    both_text = isinstance(left, str) and isinstance(right, str) and sign == "+"
    if not (both_int or both_text) or (sign == "<<" and not 0 <= right <= 64):
        return None
    value: int | str = _OPERATIONS[sign](left, right)
    small = len(value) <= _MAX_TEXT if isinstance(value, str) else abs(value) <= _MAX_INT
    return value if small else None


def _referred(facts: Facts, user: Defined, name: str) -> Defined | None:
    """The constant that a name means in a file: its own, or one that it imports under that name."""
    found = facts.defined.get(name, [])
    if len(found) != 1 or found[0].definition.kind != "constant" or name in facts.unknown:
        return None
    imported = any(each.name == each.source == name and each.top for each in facts.by_path[user.path].imports)
    here = found[0].path == user.path
    return found[0] if (imported is not here) and _sole(facts, found[0]) else None


def _sole(facts: Facts, defined: Defined) -> bool:
    """Whether a file binds a constant's name only there."""
    return all(each.name != defined.definition.name for each in facts.by_path[defined.path].imports)


def _sayable(value: int | str) -> bool:
    if isinstance(value, int):
        return value >= 10
    plain = value.isascii() and value.isprintable() and value == value.strip()
    return plain and 3 <= len(value) <= _MAX_TEXT and not set(value) & set("`'\"\\")


def _counts(facts: Facts) -> Iterator[Candidate]:
    for folder, within in folders(facts).items():
        if not ordinary(f"{folder}/"):
            continue
        for what, kinds in _SORTS:
            found = [(file, each) for file in within for each in _of(file, kinds)]
            if 5 <= len(found) <= 500:
                yield Candidate(
                    f"How many {what} are defined in the {files(facts)} in `{folder}/` and the folders below "
                    "it? Each definition with a name counts, also a nested one, one whose name is there "
                    "twice, and a method that an interface, a trait or an overload only declares.",
                    (str(len(found)),),
                    tuple(sorted({file.path for file, _ in found})[:10]),
                )


def _of(file: FileFacts, kinds: frozenset[str]) -> list[Definition]:
    return [each for each in file.definitions if each.kind in kinds]


KINDS = (
    Kind("definition", 1, "places", "place", _definitions),
    Kind("constant", 1, "names", "value", _constants),
    Kind("folded-constant", 2, "names", "value", _folded_constants),
    Kind("count", 1, "number", "number", _counts),
)
