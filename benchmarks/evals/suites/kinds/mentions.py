"""Mentions (level 3): routes, settings, environment variables and commands, which code names by strings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.evals.suites.facts import Facts, FileFacts, Mention
from benchmarks.evals.suites.kinds.candidate import Candidate, Kind, files, folders, ordinary

_FEWEST = 3
# By language and sort: what counts. A language without a rule has no such questions.
_RULES = {
    ("Python", "route"): (
        "Which routes are declared",
        "Counted is the first argument of every call of `path` or `re_path` that has two positional "
        "arguments or more, if it is a string literal, and of every decorator of a function whose last "
        "identifier is `route`, `get`, `post`, `put`, `patch`, `delete` or `websocket`, if it is a string "
        "literal that begins with `/`. An empty route is left out. Give each route once, as written, without "
        "quotes.",
    ),
    ("Python", "environment"): (
        "Which environment variables are read",
        "Counted is every string literal that is the key of an `os.environ[...]` that is read, or the first "
        "argument of `os.environ.get(...)` or `os.getenv(...)`, written just so.",
    ),
    ("Python", "command"): (
        "Which commands are declared",
        "Counted are modules in a folder `management/commands` that define a class `Command` (by the file's "
        "name without `.py`), string literals that are the first argument of a call of `add_parser`, and "
        "functions with a decorator `@….command(…)` (by its first argument, if that is a string literal; "
        "without positional arguments by the function's name, with `-` for `_`).",
    ),
    ("Go", "route"): (
        "Which routes are declared",
        "Counted is the first argument of every call `x.Name(...)` of two arguments or more in which `Name` "
        "is `Handle`, `HandleFunc`, `Get`, `Post`, `Put`, `Delete`, `Patch`, `GET`, `POST` or `PUT`, where "
        "it is a string literal that begins with `/`. Give each route once, as it is written, without "
        "quotes.",
    ),
    ("Go", "environment"): (
        "Which environment variables are read",
        "Counted is every string literal that is the first argument of `os.Getenv(...)` or of "
        "`os.LookupEnv(...)`.",
    ),
    ("Rust", "environment"): (
        "Which environment variables are read",
        "Counted is every string literal that is the first argument of `env::var(...)` or `env::var_os(...)` "
        "(also with `std::` in front), `env!(...)` or `option_env!(...)`.",
    ),
    ("TypeScript", "route"): (
        "Which routes are declared",
        "Counted is the first argument of every call of `get`, `post`, `put`, `delete` or `patch` on `app`, "
        "`router` or `server` (that name by itself), and of every decorator `@Get`, `@Post`, `@Put`, "
        "`@Delete`, `@Patch` or `@Controller`, where it is a string literal. Give each route once, as it is "
        "written, without quotes.",
    ),
    ("TypeScript", "environment"): (
        "Which environment variables are named",
        'Counted is every `process.env.NAME` and `process.env["NAME"]`, written just so, whether it is read '
        "or set.",
    ),
}
_SETTING = {"Python": "an expression `settings.{name}`, where `settings` is a name by itself"}


def _routes(facts: Facts) -> Iterator[Candidate]:
    return _declared(facts, "route")


def _environment(facts: Facts) -> Iterator[Candidate]:
    return _declared(facts, "environment")


def _commands(facts: Facts) -> Iterator[Candidate]:
    return _declared(facts, "command")


def _declared(facts: Facts, sort: str) -> Iterator[Candidate]:
    if (facts.language, sort) not in _RULES:
        return
    question, rule = _RULES[facts.language, sort]
    seen: set[tuple[str, ...]] = set()
    for folder, within in sorted(folders(facts).items()):
        found = [(file, each) for file in within for each in file.mentions if each.sort == sort and each.text]
        truth = tuple(sorted({each.text for _, each in found}))
        clear = all(text == text.strip() and text.isprintable() and len(text) < 200 for text in truth)
        # Of folders with the same answer the outermost is asked about.
        if len(truth) >= _FEWEST and clear and truth not in seen:
            seen.add(truth)
            yield Candidate(
                f"{question} in the {files(facts)} in `{folder}/` and the folders below it? {rule}",
                truth,
                tuple(sorted({file.path for file, _ in found})),
            )


def _settings(facts: Facts) -> Iterator[Candidate]:
    if facts.language not in _SETTING:
        return
    read: defaultdict[str, list[tuple[FileFacts, Mention]]] = defaultdict(list)
    for file in facts.files:
        for each in file.mentions:
            if each.sort == "setting":
                read[each.text].append((file, each))
    for name, found in sorted(read.items()):
        inside = all((file.path, each.within) in facts.functions for file, each in found)
        own = any(ordinary(file.path) for file, _ in found)
        if inside and own and name not in facts.unknown:
            what = _SETTING[facts.language].format(name=name)
            yield Candidate(
                f"Which functions and methods use the setting `{name}`? In all {files(facts)}, tests too: "
                f"every function whose body has {what}; one in a nested function is that one's.",
                tuple(sorted({f"{file.path}::{each.within}" for file, each in found})),
                tuple(sorted({file.path for file, _ in found})),
            )


KINDS = (
    Kind("routes", 3, "names", "route", _routes),
    Kind("environment", 3, "names", "variable", _environment),
    Kind("commands", 3, "names", "command", _commands),
    Kind("settings", 3, "names", "function as `path::Class.method`", _settings),
)
