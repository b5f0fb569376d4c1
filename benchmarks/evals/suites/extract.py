"""Extraction of facts: guest programs parse a repository in the sandbox, the host checks what they say."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from benchmarks.evals.questions import SuiteError
from benchmarks.evals.suites.facts import FILE_FACTS, Facts, FileFacts
from rlm_core.config import SandboxSettings, Settings, WorkspaceSettings
from rlm_core.errors import QueryError
from rlm_core.service import Service
from rlm_core.workspace.git_runner import GitLimitError, GitRunner

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot

_GUEST = "benchmarks.evals.suites.guest"
_CHUNK = 400  # files in one cell
# What one cell may use.
SANDBOX = SandboxSettings(cell_seconds=60, cell_calls=_CHUNK, memory_mb=2048)
# Truth is of what the files say; lines and columns are the same where programs see masked secrets.
_WORKSPACE = WorkspaceSettings(mask_secrets=False)
_GIT_SECONDS = 60
_MAX_ENDED = 20
_MAX_FILES = 100_000
_MAX_CHARS = 1_000_000_000  # of facts as JSON

# Makes the guest modules importable from their texts, and starts the one that the language has.
_PROGRAM = """
import sys, types
for name, source in {sources}.items():
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
from {guest}.walk import hand_over
from {guest}.{module} import facts_of
hand_over(context, {paths}, facts_of, take_facts, {ended})
"""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that suites are generated for.

    Attributes:
        name: as it stands in questions.
        suffixes: of its files.
        modules: guest modules in the order in which they import one another; the last has `facts_of`.
        parser: what parses them, with its version.
    """

    name: str
    suffixes: tuple[str, ...]
    modules: tuple[str, ...]
    parser: str


def _grammar(*names: str) -> str:
    return ", ".join(f"{name} {version(name)}" for name in names)


_TREE_SITTER = ("walk", "tree_sitter_facts")
_TYPESCRIPT = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")

LANGUAGES = (
    Language(
        "Python",
        (".py",),
        ("walk", "python_facts"),
        f"ast of Python {sys.version_info.major}.{sys.version_info.minor}",
    ),
    Language("Go", (".go",), (*_TREE_SITTER, "go_facts"), _grammar("tree-sitter-go")),
    Language("Rust", (".rs",), (*_TREE_SITTER, "rust_facts"), _grammar("tree-sitter-rust")),
    Language(
        "TypeScript",
        _TYPESCRIPT,
        (*_TREE_SITTER, "typescript_facts"),
        _grammar("tree-sitter-typescript", "tree-sitter-javascript"),
    ),
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """The facts of a repository.

    Attributes:
        facts: of the language that has most files.
        parser: what they come from.
        others: how many files there are of the other languages that could be had, by name.
        warning: what the sandbox has to say about itself; empty where it isolates.
    """

    facts: Facts
    parser: str
    others: dict[str, int]
    warning: str


def commit_of(root: Path) -> str:
    """The commit that a repository's files are at.

    Raises:
        SuiteError: it is no git repository, or its files are not those of a commit.
    """
    commit = _git(root, "rev-parse", "HEAD").strip()
    suffixes = tuple(suffix for language in LANGUAGES for suffix in language.suffixes)
    status = _git(root, "status", "--porcelain", "-z", "--untracked-files=all").split("\0")
    changed = [line for line in status if line and (not line.startswith("??") or line.endswith(suffixes))]
    if changed:
        raise SuiteError(
            f"Files of {root} differ from its commit {commit[:12]}, so a suite could not be made again: "
            f"{changed[0][3:]} and {len(changed) - 1:,} more. Commit them, or undo the changes."
        )
    return commit


async def extract(root: Path, language: str | None = None) -> Extracted:
    """Parses a repository's files in the sandbox.

    Args:
        root: the repository.
        language: which one; by default that with most files.

    Raises:
        SuiteError: there is no file of such a language, or too much of it.
        WorkspaceError: the root cannot be opened, or has no text.
        SandboxError: programs cannot be run.
    """
    async with Service([root], Settings(sandbox=SANDBOX, workspace=_WORKSPACE), watch=False) as service:
        snapshot = await service.present()
        counts = {each.name: len(_paths(snapshot, each)) for each in LANGUAGES}
        chosen = max(LANGUAGES, key=lambda each: (each.name == language, counts[each.name]))
        if language not in (None, chosen.name) or not counts[chosen.name]:
            names = ", ".join(counts)
            raise SuiteError(f"{root} has no file of {language or 'a language that is known'} ({names}).")
        if counts[chosen.name] > _MAX_FILES:
            raise SuiteError(
                f"{root} has more than {_MAX_FILES:,} files of {chosen.name}; name a part of it."
            )
        files = await _Run(service, snapshot, chosen).files()
        facts = Facts(
            chosen.name,
            chosen.suffixes,
            tuple(file for file in files if file.parsed),
            tuple(file for file in files if not file.parsed),
            tuple(
                f"{item.path} ({item.reason})"
                for item in snapshot.skipped
                if item.path.endswith(chosen.suffixes)
            ),
        )
        others = {name: count for name, count in counts.items() if count and name != chosen.name}
        return Extracted(facts, chosen.parser, others, service.warning)


class _Run:
    """One pass over the files of a language, in cells of some hundred files."""

    def __init__(self, service: Service, snapshot: Snapshot, language: Language) -> None:
        self._service = service
        self._snapshot = snapshot
        self._language = language
        self._paths = _paths(snapshot, language)
        self._files: list[FileFacts] = []
        self._chars = 0
        self._refused: SuiteError | None = None
        sources = {f"{_GUEST}.{name}": _source(name) for name in language.modules}
        self._sources = json.dumps(sources)

    async def files(self) -> list[FileFacts]:
        """The facts of every file, in the order of their paths."""
        ended: dict[str, str] = {}
        while len(self._files) < len(self._paths):
            chunk = self._paths[len(self._files) : len(self._files) + _CHUNK]
            program = _PROGRAM.format(
                sources=self._sources,
                guest=_GUEST,
                module=self._language.modules[-1],
                paths=json.dumps(chunk),
                ended=json.dumps(ended),
            )
            before = len(self._files)
            result = await self._service.run_code(
                program, self._snapshot, functions={"take_facts": self._take}
            )
            if self._refused is not None:
                raise self._refused
            if len(self._files) == before + len(chunk):
                continue
            # The program ended in the file that comes next: a new one tells its words only, and goes on.
            path = self._paths[len(self._files)]
            why = (result.error or "the program ended").strip().splitlines()[-1]
            if path in ended or len(ended) == _MAX_ENDED:
                raise SuiteError(f"{path} ends the program that parses it, as {len(ended)} did before: {why}")
            ended[path] = why
        return self._files

    async def _take(self, facts: str) -> None:
        """Takes the facts of the file that comes next."""
        self._chars += len(facts)
        if self._chars > _MAX_CHARS:
            self._refused = SuiteError(
                f"The facts are more than {_MAX_CHARS:,} characters; name a part of it."
            )
            raise QueryError(str(self._refused))
        expected = self._paths[len(self._files)]
        try:
            said = FILE_FACTS.validate_json(facts)
            why = "" if said.path == expected else f"facts came of {said.path!r}"
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            why = f"its facts are not of the form: {first['loc']}: {first['msg']}"
        if why:
            said = FileFacts(expected, self._language.name, parsed=False, why=why[:1_000])
        self._files.append(said)


def _paths(snapshot: Snapshot, language: Language) -> list[str]:
    return [path for path in snapshot.paths if path.endswith(language.suffixes)]


def _source(module: str) -> str:
    return resources.files(_GUEST).joinpath(f"{module}.py").read_text("utf-8")


def _git(root: Path, *arguments: str) -> str:
    try:
        printed = GitRunner().request(_GIT_SECONDS).run(root, arguments)
    except GitLimitError as error:
        raise SuiteError(f"git could not be asked about {root}: {error}.") from error
    if printed is None:
        raise SuiteError(f"{root} is no git repository with a commit, and a suite has to name one.")
    return printed
