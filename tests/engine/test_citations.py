from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.engine import citations as citations_module
from rlm_core.engine.citations import check_citations, with_symbols
from rlm_core.workspace.workspace import Workspace
from tests.support.files import write_tree
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from rlm_core.sandbox.base import Sandbox
    from rlm_core.workspace.snapshot import Snapshot
    from tests.engine.conftest import Asker
    from tests.support.model_server import ModelServer, Script

    Serve = Callable[[Mapping[str, Script]], ModelServer]

FILES = {
    "src/app/views.py": "".join(f"line {n}\n" for n in range(1, 51)),
    "src/app/models.py": "class Cart:\n    def total(self):\n        return 1\n\n    rate = 2\n\n\nprint()\n",
    "src/other/models.py": "a = 1\n",
    "web/[id]/page.tsx": "export {}\n",
    "web/(shop)/page.tsx": "export {}\n",
    "docs/read me.md": "# Hello\nworld\n",
    "Makefile": "all:\n\ttrue\n",
    "empty.py": "",
    "old.py": "one\rtwo\r\nthree",
    "#old.py": "one\n",
    "src/.env": "KEY=1\n",
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    root: Path = write_tree(tmp_path_factory.mktemp("cited"), FILES)
    workspace = Workspace([root], WorkspaceSettings())
    yield workspace.snapshot()
    workspace.close()


def places(text: str, snapshot: Snapshot) -> tuple[list[str], list[str]]:
    citations, unverified, _ = check_citations(text, snapshot)
    return [f"{c.path}:{c.start_line}-{c.end_line}" for c in citations], unverified


VIEWS = "src/app/views.py"


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("see src/app/views.py:12.", [f"{VIEWS}:12-12"]),
        ("see `src/app/views.py:12-20`", [f"{VIEWS}:12-20"]),
        ("see ./src/app/views.py:12\u201320)", [f"{VIEWS}:12-20"]),
        ("see (src/app/views.py:12:5)", [f"{VIEWS}:12-12"]),
        ("src/app/views.py:12:5-14:1", [f"{VIEWS}:12-14"]),
        ("src/app/views.py#L12", [f"{VIEWS}:12-12"]),
        ("src/app/views.py#L12-L20", [f"{VIEWS}:12-20"]),
        ("src/app/views.py#L12C3-L20C5", [f"{VIEWS}:12-20"]),
        ("[the view](src/app/views.py#L12-L20)", [f"{VIEWS}:12-20"]),
        ("[views.py:12](src/app/views.py:12)", [f"{VIEWS}:12-12"]),
        ("**src/app/views.py:12**", [f"{VIEWS}:12-12"]),
        ("`views.py:12, 30-40; 44`", [f"{VIEWS}:12-12", f"{VIEWS}:30-40", f"{VIEWS}:44-44"]),
        ("views.py:12, 30 and 40.", [f"{VIEWS}:12-12", f"{VIEWS}:30-30", f"{VIEWS}:40-40"]),
        ("views.py:12, 3 times", [f"{VIEWS}:12-12"]),
        ("`views.py` (lines 12-20)", [f"{VIEWS}:12-20"]),
        ("views.py, line 7", [f"{VIEWS}:7-7"]),
        ("app/models.py:1", ["src/app/models.py:1-1"]),
        ("Makefile:2", ["Makefile:2-2"]),
        ("web/[id]/page.tsx:1", ["web/[id]/page.tsx:1-1"]),
        ("[x](web/(shop)/page.tsx:1)", ["web/(shop)/page.tsx:1-1"]),
        ("`docs/read me.md:2`", ["docs/read me.md:2-2"]),
        ("old.py:3", ["old.py:3-3"]),
        ("`#old.py:1` #views.py:1", ["#old.py:1-1", f"{VIEWS}:1-1"]),
        ("views.py:12 and again `views.py:12`", [f"{VIEWS}:12-12"]),
    ],
)
def test_places_that_exist(text: str, cited: list[str], snapshot: Snapshot) -> None:
    assert places(text, snapshot) == (cited, [])


@pytest.mark.parametrize(
    ("text", "unverified"),
    [
        ("src/app/views.py:51", ["src/app/views.py:51"]),
        ("src/app/views.py:0", ["src/app/views.py:0"]),
        ("src/app/views.py:20-12", ["src/app/views.py:20-12"]),
        ("`src/app/views.py:40-60`", ["src/app/views.py:40-60"]),
        ("gone.py:3", ["gone.py:3"]),
        ("[gone](src/gone.py#L3-L4)", ["src/gone.py:L3-L4"]),
        ("models.py:1 is one of two", ["models.py:1"]),
        ("src/Dockerfile:3", ["src/Dockerfile:3"]),
        ("empty.py:1", ["empty.py:1"]),
        ("gone.py:3, gone.py:3", ["gone.py:3"]),
        (f"src/app/views.py:1-{10**19}", [f"src/app/views.py:1-{10**19}"]),
        (f"src/app/views.py:{10**29}", [f"src/app/views.py:{10**29}"]),
        (f"src/app/views.py:{'9' * 9_000}", [f"src/app/views.py:{'9' * 49}…"]),
        ("SRC/APP/VIEWS.PY:1", ["SRC/APP/VIEWS.PY:1"]),
        ("VIEWS.PY:1", ["VIEWS.PY:1"]),
        ("secret/.env:1 and `.env:1`", ["secret/.env:1", ".env:1"]),
        ("../../etc/passwd:1, /etc/passwd:2", ["../../etc/passwd:1", "/etc/passwd:2"]),
        ("app#old.py:1", []),
    ],
)
def test_places_that_do_not(text: str, unverified: list[str], snapshot: Snapshot) -> None:
    assert places(text, snapshot) == ([], unverified)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8080/views.py:12",
        "https://example.org/src/app/views.py#L12",
        "localhost:8080 and 127.0.0.1:80 and db.example.org:5432",
        "at 12:30 or 2026-11-23T08:30:00",
        "image python:3.12 or node:22-slim, ratio 16:9, e.g.:4",
        "views.py:12px, views.py:12%, `std::vec:12`, key:1",
        "Error 404: 12 files, pages 3-4",
        "note:1, and/or:2, ghcr.io/org/image:3, 24/7:30, 1/2.5:1, v1.2:3, TODO:4, .NET:6, km/h:100",
        "",
    ],
)
def test_what_only_looks_like_a_place(text: str, snapshot: Snapshot) -> None:
    assert places(text, snapshot) == ([], [])


@pytest.mark.parametrize("text", ["x" * 400_000, "a." * 200_000, "` " * 200_000, "a/" * 200_000 + ":"])
def test_one_very_long_line_is_no_trouble(text: str, snapshot: Snapshot) -> None:
    assert places(text, snapshot) == ([], [])


async def test_the_symbol_is_the_innermost_definition_around_the_place(
    snapshot: Snapshot, shared_sandbox: Sandbox
) -> None:
    citations = check_citations("app/models.py:3 app/models.py:1-5 app/models.py:8", snapshot).citations
    citations = await with_symbols(citations, snapshot, shared_sandbox)
    assert [citation.symbol for citation in citations] == ["Cart.total", "Cart", None]


def test_a_megabyte_of_places_that_are_none_is_read() -> None:
    many = snapshot_of({f"folder/{number}.py": "x\n" for number in range(3000)})
    assert check_citations("other/place:1 " * 80_000, many) == ([], [], "")


@pytest.mark.parametrize("between", [" ", "\n", ","], ids=["words", "lines", "neither"])
def test_a_long_answer_is_searched_part_by_part(
    monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot, between: str
) -> None:
    """While one is searched, nobody else has the interpreter's lock."""
    searched: list[int] = []

    class Measured:
        def __init__(self, pattern: re.Pattern[str]) -> None:
            self.pattern = pattern

        def __getattr__(self, method: str) -> Any:
            def search(*arguments: Any) -> Any:
                searched.append(len(arguments[-1]))
                return getattr(self.pattern, method)(*arguments)

            return search

    for name in ("_URL", "_SPACED_PLACE", "_PLACE"):
        monkeypatch.setattr(citations_module, name, Measured(getattr(citations_module, name)))
    text = f"word{between}" * 60_000 + " app/models.py:2"
    assert places(text, snapshot) == (["src/app/models.py:2-2"], [])
    assert len(text) < sum(searched) / 2
    assert max(searched) <= 16_000


async def test_more_places_than_anybody_reads_are_not_checked(asker: Asker, serve: Serve) -> None:
    program = "FINAL(' '.join(f'app/{n}.py:1' for n in range(1_500)) if context else '')"
    answer = await asker.ask("?", serve({"root": [f"```repl\n{program}\n```"]}))
    assert len(answer.unverified) == 1_000
    assert "The answer cites more than 1,000 places; those after them were not checked." in answer.notes
