"""Relations (level 2): who calls, what lacks documentation, what is imported for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from benchmarks.evals.suites.facts import FUNCTIONS, TYPES, Definition, Facts, FileFacts
from benchmarks.evals.suites.kinds.candidate import (
    Candidate,
    Kind,
    files,
    folders,
    in_functions,
    ordinary,
    subjects,
)

# By language: what documentation is, which functions are public, and whether types around them have to be.
_DOCUMENTED = {
    "Python": (
        "docstring",
        "Public is one whose own name and the names of the classes around it do not begin with `_`",
        True,
    ),
    "Go": (
        "doc comment",
        "A doc comment ends on the line directly above the function; lines for tools (`//go:...`, "
        "`//nolint`) are none. Public is one whose own name begins with a capital letter, whatever its "
        "receiver's type; methods in interfaces count, too",
        False,
    ),
    "Rust": (
        "doc comment",
        "A doc comment is `///`, `/** */` or `#[doc = ...]` before the function, with nothing but attributes "
        "and comments between. Public is one that is declared with `pub` alone, whatever is around it",
        False,
    ),
    "TypeScript": (
        "doc comment",
        "A doc comment is `/** */` before the function, with nothing but decorators and comments between. "
        "Public is a function, or a constant that is a function, with `export` in front, and a method (also "
        "an arrow function as a field) of an exported class or interface that is neither `private` nor "
        "`protected` nor named with `#`",
        True,
    ),
}
# By language: which imports count, and what a use is. A language without such a rule has no such questions.
_UNUSED = {
    "Python": (
        "Imports at the top level of a file count (not those in a function or class); files "
        "named `__init__.py` and `from __future__` do not. Used is a name that the file has anywhere "
        "else as a name by itself (not behind a dot, not in a comment or a string), or in its `__all__`"
    ),
    "TypeScript": (
        "Names that an `import` statement binds count. Used is a name that the file has anywhere else as an "
        "identifier, of a value or of a type (not as a property's name, and not in a comment or a string)"
    ),
}
_FEW = 3


def _callers(facts: Facts) -> Iterator[Candidate]:
    for defined in subjects(facts, FUNCTIONS):
        name = defined.definition.name
        calls = in_functions(facts, name)
        if calls:
            yield Candidate(
                f"Which functions and methods call `{name}` (defined in `{defined.path}`)? Count by name, in "
                f"all {files(facts)}, tests too: every function whose body has a call of which the last "
                f"identifier is `{name}`, on whatever object; a call in a nested function is that one's.",
                tuple(sorted({f"{file.path}::{call.within}" for file, call in calls})),
                (defined.path, *sorted({file.path for file, _ in calls} - {defined.path})),
            )


def _undocumented(facts: Facts) -> Iterator[Candidate]:
    if facts.language not in _DOCUMENTED:
        return
    what, rule, around = _DOCUMENTED[facts.language]
    for folder, within in _direct(facts).items():
        public = [(file, each) for file in within for each in _public(file, around=around)]
        bare = [(file, each) for file, each in public if not each.doc]
        names = Counter(f"{file.path}::{each.qualified}" for file, each in public)
        # One with a docstring and one without, under one name, could be answered either way.
        if max(names.values(), default=2) > 1 or len(public) - len(bare) < _FEW:
            continue
        yield Candidate(
            f"Which public functions and methods in the {files(facts)} directly in `{folder}/` (not in the "
            f"folders below it) have no {what}? {rule}; functions inside functions do not count.",
            tuple(sorted(f"{file.path}::{each.qualified}" for file, each in bare)),
            tuple(sorted({file.path for file, _ in bare})),
        )


def _public(file: FileFacts, *, around: bool) -> list[Definition]:
    outer = {each.qualified: each for each in file.definitions if each.kind != "constant"}
    return [
        each for each in file.definitions if each.kind in FUNCTIONS and _is_public(each, outer, around=around)
    ]


def _is_public(function: Definition, outer: dict[str, Definition], *, around: bool) -> bool:
    """Whether it is exported (and, if that counts, all types around it are), and no function is around it."""
    names = function.parent.split(".") if function.parent else []
    parents = [outer.get(".".join(names[: count + 1])) for count in range(len(names))]
    # A type that is defined in another file, or a module, is in the way of nothing.
    known = [parent for parent in parents if parent is not None]
    types = all(parent.kind in TYPES for parent in known)
    return function.exported and types and (not around or all(parent.exported for parent in known))


def _unused_imports(facts: Facts) -> Iterator[Candidate]:
    if facts.language not in _UNUSED:
        return
    for folder, within in _direct(facts, own_code=False).items():
        counted = [file for file in within if not file.path.endswith("__init__.py")]
        unused = [(file, each) for file in counted for each in file.imports if each.top and not each.used]
        if any(each.doubtful for _, each in unused):
            continue
        yield Candidate(
            f"Which names are imported and never used in the {files(facts)} directly in `{folder}/` (not in "
            f"the folders below it)? {_UNUSED[facts.language]}. Give each name as it is bound in the file.",
            tuple(sorted({f"{file.path}::{each.name}" for file, each in unused})),
            tuple(sorted({file.path for file, _ in unused})),
        )


def _direct(facts: Facts, *, own_code: bool = True) -> dict[str, list[FileFacts]]:
    """Files by the folder that they lie in, where all of them are known."""
    known = {
        folder: [file for file in within if file.folder == folder]
        for folder, within in folders(facts).items()
    }
    return {
        folder: within
        for folder, within in known.items()
        if within and (not own_code or ordinary(f"{folder}/"))
    }


KINDS = (
    Kind("callers", 2, "names", "caller as `path::Class.method`", _callers),
    Kind("undocumented", 2, "names", "function as `path::Class.method`", _undocumented),
    Kind("unused-imports", 2, "names", "import as `path::name`", _unused_imports),
)
