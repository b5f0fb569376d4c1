"""Generation of a suite: questions about any git repository, the same for the same commit."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evals.questions import Question, Suite, save
from benchmarks.evals.suites.extract import commit_of, extract
from benchmarks.evals.suites.kinds import KINDS
from benchmarks.evals.suites.kinds.candidate import MAX_ITEMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.evals.suites.extract import Extracted
    from benchmarks.evals.suites.kinds.candidate import Candidate, Kind

VERSION = "1"  # another one where the same commit gives another suite
LIMIT = 6
_NAMED = 5  # files that the origin names


def generate(root: Path, out: Path, *, limit: int = LIMIT, language: str | None = None) -> Suite:
    """Makes a suite of a repository and writes it.

    Args:
        root: a git repository without uncommitted changes.
        out: the suite's folder.
        limit: how many questions of each kind there are at most.
        language: which files are asked about; by default the language that has most.

    Raises:
        SuiteError: the repository has no commit or no such files, or they differ from the commit.
        RlmError: it could not be read or parsed at all.
    """
    root = root.resolve()
    commit = commit_of(root)
    extracted = asyncio.run(extract(root, language))
    questions: list[Question] = []
    absent: list[str] = []
    for kind in KINDS:
        rng = random.Random(f"{commit} {kind.name}")
        drawn = _drawn(kind.find(extracted.facts), limit, rng)
        questions += [_question(kind, number, root.name, each) for number, each in enumerate(drawn, 1)]
        if not drawn:
            absent.append(kind.name)
    origin = _origin(root, commit, extracted, absent)
    suite = Suite(f"{root.name}-generated", origin, tuple(questions), folder=out)
    save(suite, out)
    return suite


def _drawn(candidates: Iterable[Candidate], limit: int, rng: random.Random) -> list[Candidate]:
    """Some candidates, of as many sizes of answers as there are, smallest first."""
    by_size: defaultdict[int, list[Candidate]] = defaultdict(list)
    for each in sorted(candidates, key=lambda each: each.text):
        if 0 < len(each.truth) <= MAX_ITEMS:
            by_size[len(each.truth).bit_length()].append(each)
    buckets = [by_size[size] for size in sorted(by_size)]
    for bucket in buckets:
        rng.shuffle(bucket)
    drawn: list[Candidate] = []
    while len(drawn) < limit and any(buckets):
        drawn += [bucket.pop() for bucket in buckets if bucket]
    # Where a round gives too many, large answers go first: there are few of them, and they cost most.
    return sorted(drawn[:limit], key=lambda each: (len(each.truth), each.text))


def _question(kind: Kind, number: int, workspace: str, candidate: Candidate) -> Question:
    return Question(
        id=f"{kind.name}-{number}",
        kind=kind.name,
        level=kind.level,
        workspace=workspace,
        text=candidate.text,
        form=kind.form,
        truth=candidate.truth,
        item=kind.item,
        gold_files=candidate.gold_files,
    )


def _origin(root: Path, commit: str, extracted: Extracted, absent: list[str]) -> dict[str, str]:
    facts = extracted.facts
    origin = {
        "repository": root.name,
        "commit": commit,
        "generator": VERSION,
        "language": facts.language,
        "parser": extracted.parser,
        "files": f"{len(facts.files):,}",
        "files not parsed": _listed([f"{file.path} ({file.why})" for file in facts.unparsed]),
        "files not read": _listed(list(facts.skipped)),
        "other languages": _listed([f"{name}: {count:,}" for name, count in extracted.others.items()]),
        "kinds left out": ", ".join(f"{name}: nothing to ask about" for name in absent),
        "sandbox": extracted.warning,
    }
    return {name: said for name, said in origin.items() if said}


def _listed(items: list[str]) -> str:
    """How many there are, with the first few."""
    more = f" and {len(items) - _NAMED:,} more" if len(items) > _NAMED else ""
    return f"{len(items):,}: {'; '.join(items[:_NAMED])}{more}" if items else ""
