"""Definitions of a repository, against those of universal-ctags: recall and precision by language and kind.

uv run python -m benchmarks.definitions REPOSITORY [LANGUAGE …]

A definition is found when the other tool has one of the same group (callable, type, macro, value) and name in
the same file; each function and type counts once, a macro or value that is defined twice is one. Recall is by
ctags' kinds, precision by ours. ctags is no truth: what it calls after a macro of the repository, or one
that defines tests, does not count, and a sample of what either lacks is printed to be read.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import QueryError
from rlm_core.syntax.registry import of_source
from rlm_core.syntax.symbol_extraction import symbols
from rlm_core.syntax.symbols import Symbol, walk
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace

LARGE = 10**12
SAMPLE = 8
OPTIONS = ("--kinds-C=+px", "--kinds-C++=+px", "--output-format=json", "--fields=+nK", "-L", "-", "-f", "-")
# Ours → theirs.
LANGUAGES = {
    "Python": "Python",
    "Go": "Go",
    "TypeScript": "TypeScript",
    "TSX": "TypeScript",
    "JavaScript": "JavaScript",
    "C": "C",
    "C++": "C++",
    "Java": "Java",
    "Rust": "Rust",
    "Ruby": "Ruby",
    "PHP": "PHP",
}
CALLABLE = "function func prototype method methodSpec generator constructor operator singletonMethod"
TYPE = "class struct interface enum union typedef type talias alias namespace module trait typealias"
GROUPS = {
    **dict.fromkeys(TYPE.split(), "type"),
    **dict.fromkeys(CALLABLE.split(), "callable"),
}
# Kinds that mean another thing in one language.
SPECIAL = {
    ("Python", "member"): "callable",
    **dict.fromkeys([("C", "macro"), ("C++", "macro")], "macro"),
    # What is imported, or has no name.
    **dict.fromkeys([("Python", "namespace"), ("Python", "unknown"), ("Go", "packageName")], ""),
    **dict.fromkeys([("Go", "package"), ("Rust", "implementation")], ""),
}
# `TEST_F(Cart, Adds)` is a test called `Adds`, and `operator ==` is `operator==`.
TEST_MACROS = frozenset({"TEST", "TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P", "BENCHMARK", "FUZZ_TEST"})
ONE = frozenset({"macro", "value"})
OPERATOR = re.compile(r"operator\s+(?=\W)")
NAMELESS = ("__anon", "anonymousfunction", "anonymousobject", "anonymousclass")


class Definition(NamedTuple):
    path: str
    name: str
    group: str
    kind: str
    line: int
    language: str


def group_of(symbol: Symbol) -> str:
    return "macro" if symbol.signature.startswith("#") else GROUPS.get(symbol.kind, "value")


def ours(root: Path, wanted: set[str]) -> list[Definition]:
    found: list[Definition] = []
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Workspace([root], WorkspaceSettings(), Cache(Path(folder), [root], LARGE)).snapshot()
        for row, path in enumerate(snapshot.paths):
            source = snapshot.data(row)
            language = of_source(path, source)
            if language is None or language.name not in wanted:
                continue
            try:
                tree = symbols(source, language, path)
            except QueryError as error:
                print(f"left out: {path}: {error}")
                continue
            found += [
                Definition(path, each.name, group_of(each), each.kind, each.line, language.name)
                for each in walk(tree)
            ]
            found.append(Definition(path, "", "", "", 0, language.name))  # the file itself was read
    return found


def theirs(root: Path, files: dict[str, str]) -> list[Definition]:
    """What ctags finds in files, by our languages."""
    found: list[Definition] = []
    for language in sorted(set(files.values())):
        paths = [path for path, name in files.items() if name == language]
        run = subprocess.run(
            ["ctags", *OPTIONS, f"--language-force={LANGUAGES[language]}"],
            input="\n".join(paths),
            capture_output=True,
            text=True,
            errors="replace",
            cwd=root,
            check=True,
        )
        for line in run.stdout.splitlines():
            tag = json.loads(line)
            if tag["_type"] != "tag":
                continue
            kind, name = tag["kind"], OPERATOR.sub("operator", tag["name"])
            group = SPECIAL.get((language, kind), GROUPS.get(kind, "value"))
            if group and not name.lower().startswith(NAMELESS):
                found.append(Definition(tag["path"], name, group, kind, tag["line"], language))
    macros = TEST_MACROS.union(each.name for each in found if each.group == "macro")
    return [each for each in found if each.group != "callable" or each.name not in macros]


def compare(title: str, these: list[Definition], others: list[Definition]) -> list[Definition]:
    """Prints the share of these that the others have, by language and kind; returns the rest."""
    stock = Counter((each.path, each.name, each.group) for each in others)
    total: Counter[tuple[str, str]] = Counter()
    lacking: list[Definition] = []
    for each in these:
        total[each.language, each.kind] += 1
        key = (each.path, each.name, each.group)
        if stock[key]:
            stock[key] -= each.group not in ONE
        else:
            lacking.append(each)
    missed = Counter((each.language, each.kind) for each in lacking)
    print(f"\n| {title} | definitions | found | % |\n|---|---|---|---|")
    for (language, kind), count in sorted(total.items()):
        hit = count - missed[language, kind]
        print(f"| {language} {kind} | {count:,} | {hit:,} | {100 * hit / count:.2f} |")
    for group in ("callable", "type"):
        count = sum(each.group == group for each in these)
        hit = count - sum(each.group == group for each in lacking)
        if count:
            print(f"| **all: {group}** | {count:,} | {hit:,} | {100 * hit / count:.2f} |")
    return lacking


def show(title: str, root: Path, definitions: list[Definition]) -> None:
    """Prints some of each kind with their line."""
    print(f"\n{title}")
    chosen = random.Random(0)
    for kind in sorted({(each.language, each.kind) for each in definitions}):
        of_kind = [each for each in definitions if (each.language, each.kind) == kind]
        for each in chosen.sample(of_kind, min(SAMPLE, len(of_kind))):
            lines = (root / each.path).read_text("utf-8", "replace").split("\n")
            text = lines[each.line - 1].strip()[:100] if each.line <= len(lines) else ""
            print(f"  {' '.join(kind)} {each.name}  {each.path}:{each.line}: {text}")


def main(root: Path, wanted: set[str]) -> None:
    mine = ours(root, wanted)
    files = {each.path: each.language for each in mine}
    mine = [each for each in mine if each.name]
    other = theirs(root, files)
    print(f"{root.name}: {len(files):,} files")
    missing = compare("recall: ctags' kind", other, mine)
    extra = compare("precision: our kind", mine, other)
    show("only ctags has:", root, [each for each in missing if each.group != "value"])
    show("only we have:", root, [each for each in extra if each.group != "value"])


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), set(sys.argv[2:]) or set(LANGUAGES))
