"""The guest's `context` is what the native one is; tests/context has what both do."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_core.context.context import Context
from rlm_core.context.rows import File, Hit
from rlm_core.errors import QueryError
from rlm_core.sandbox.guest.remote_context import remote
from rlm_core.sandbox.worker.wasm_context_server import ContextServer
from rlm_core.workspace.snapshot import Skipped
from tests.context.conftest import FILES
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Forgetful:
    """A past of which every question fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def changes(self, since: str) -> list[tuple[str, str]]:
        raise self._error

    def text(self, path: str, since: str) -> str | None:
        raise self._error

    def log(self, path: str, revision: str, limit: int) -> NoReturn:
        raise self._error

    def blame(self, path: str, revision: str, first: int, last: int) -> NoReturn:
        raise self._error


SNAPSHOT = snapshot_of(FILES, [Skipped("logo.png", "binary")])
PAST = Forgetful(QueryError("No such revision."))
NATIVE, REMOTE = Context(SNAPSHOT, PAST), remote(ContextServer(SNAPSHOT, PAST).answer)
PUBLIC = sorted(name for name in dir(NATIVE) if not name.startswith("_"))


class Odd:
    """Something that a program has made up."""

    __module__ = "__main__"
    __qualname__ = "Odd"


def outcome(call: Callable[[], Any]) -> Any:
    """What a program sees of a call: the value with everything in it, or the error."""
    try:
        value = call()
    except Exception as error:  # noqa: BLE001 - any
        return type(error), shown(str(error))
    return type(value), shown(repr(value)), value, shown(str(getattr(value, "__dict__", "")))


def shown(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", text)


# Whatever a program has at hand: names, places, results of calls, and what no call takes.
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        *FILES,
        *(
            "get",
            "Store.get",
            "src/store.py::Store",
            "src/store.py:14",
            "src/store.py:1-3",
            "logo.png",
            "d\ufffd",
        ),
        *("*.py", "src/", "", "(", "nothing like it " * 5),
        *(0, 1, 3, -1, 10**30, True, None, 2.5, float("inf"), 1j, Odd()),
        *(
            ["*.py", "!tests/"],
            ("src/",),
            {"*.ts"},
            {"a": None},
            [[]],
            [3],
            [],
            b"src",
            Odd(),
            [Odd()],
        ),
        NATIVE.find("Store")[0],
        NATIVE.symbols("src/store.py"),
        NATIVE.grep("get")[1],
        Hit("src/store.py", 10**6, 1, "x"),
        NATIVE.references("get")[0],
        NATIVE.rank("store")[0],
        NATIVE.callees("get")[0],
        NATIVE.files("*.py"),
        NATIVE.files("*.py")[0],
        NATIVE.lines("src/store.py", 2, 8),
        NATIVE.tree(),
        NATIVE.skipped[0],
    ]
)
NAMES = sorted(
    {
        name
        for member in PUBLIC
        if callable(getattr(NATIVE, member))
        for name in inspect.signature(getattr(NATIVE, member)).parameters
    }
    | {"self", "member"}
)


# One would run what it finds in here, the other tells what each of the two was asked before.
APART = {"load", "coverage"}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([name for name in PUBLIC if name not in APART]),
    st.lists(VALUES, max_size=3),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2),
)
def test_any_call_has_the_same_outcome(member: str, arguments: list[Any], keywords: dict[str, Any]) -> None:
    def call(context: Context) -> Any:
        value = getattr(context, member)
        return value(*arguments, **keywords) if inspect.ismethod(value) else value

    assert outcome(lambda: call(REMOTE)) == outcome(lambda: call(NATIVE))


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_it_is_the_same_mapping(value: Any) -> None:
    for look in (lambda context: context[value], lambda context: value in context):
        assert outcome(lambda: look(REMOTE)) == outcome(lambda: look(NATIVE))  # noqa: B023 - called here


def test_it_looks_the_same() -> None:
    assert repr(REMOTE) == repr(NATIVE)
    assert pydoc.render_doc(REMOTE) == pydoc.render_doc(NATIVE)
    assert [name for name in dir(REMOTE) if not name.startswith("_")] == PUBLIC
    for name in PUBLIC:
        if callable(member := getattr(NATIVE, name)):
            assert inspect.signature(getattr(REMOTE, name)) == inspect.signature(member)
    with pytest.raises(AttributeError, match="'Context' object has no attribute 'gerp'"):
        REMOTE.gerp  # type: ignore[attr-defined]  # noqa: B018 - raises


def test_results_are_of_the_same_classes() -> None:
    [store] = REMOTE.find("Store")
    assert store == NATIVE.find("Store")[0]
    assert [child.name for child in store.children] == ["__init__", "get", "_load"]
    assert REMOTE.slice(store).numbered == NATIVE.slice(store).numbered
    for ours, theirs in zip(REMOTE.files(), NATIVE.files(), strict=True):
        assert type(ours) is File
        assert (ours, ours.size, ours.lines, ours.language) == (
            theirs,
            theirs.size,
            theirs.lines,
            theirs.language,
        )
    assert list(REMOTE) == list(NATIVE)
    assert list(REMOTE)[1].lines == 7
    assert REMOTE.facts is REMOTE.facts


def test_nothing_is_asked_before_it_is_needed() -> None:
    requests: list[bytes] = []

    def ask(request: bytes) -> bytes:
        requests.append(request)
        return answer(request)

    answer = ContextServer(SNAPSHOT).answer
    context = remote(ask)
    assert requests == []
    assert context.grep("get")
    assert len(requests) == 1
    assert [path in context for path in FILES] == [True] * len(FILES)
    assert [file.size for file in context] == [len(text) for text in FILES.values()]
    assert len(context) == len(FILES)
    assert len(requests) == 2


COMMIT = ["abc123", "2024-05-01T12:00:00Z", "Ada", "Sell\n\nMore.", ["README.md"]]


class Earlier:
    """A past in which the shop was another one."""

    def changes(self, since: str) -> list[tuple[str, str]]:
        return [("README.md", "modified"), ("old.py", "deleted")]

    def text(self, path: str, since: str) -> str | None:
        return FILES[path].replace("Shop", "Old shop")

    def log(self, path: str, revision: str, limit: int) -> tuple[list[Any], bool, str]:
        return [COMMIT], True, "Cut."

    def blame(self, path: str, revision: str, first: int, last: int) -> tuple[list[Any], list[Any], str]:
        return [(first, last - first + 1, 0)], [COMMIT], ""


def test_the_past_is_asked_by_the_worker() -> None:
    context = remote(ContextServer(SNAPSHOT, Earlier()).answer)
    assert repr(context.changed("v1")) == "README.md (modified)\nold.py (deleted)"
    assert repr(context.diff("README.md", "v1")).startswith("--- README.md at v1\n+++ README.md")
    [commit] = context.log("README.md")
    assert (repr(commit), commit.body, commit.files) == (
        "abc123 2024-05-01 Ada: Sell",
        "More.",
        ("README.md",),
    )
    assert [line.author for line in context.blame("README.md")] == ["", "Ada", "Ada"]


class OwnError(KeyError):
    """One that the guest does not have."""


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (QueryError("No revision 'x'."), QueryError, "No revision 'x'."),
        (KeyError("x"), KeyError, "'x'"),
        (MemoryError(), MemoryError, ""),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), UnicodeDecodeError, None),
        (OwnError(Odd, 1), KeyError, repr(str(OwnError(Odd, 1)))),
    ],
)
def test_errors_arrive_as_what_they_are(error: Exception, kind: type[Exception], text: str | None) -> None:
    context = remote(ContextServer(SNAPSHOT, Forgetful(error)).answer)
    with pytest.raises(kind) as caught:
        context.changed()
    assert type(caught.value) is kind
    assert str(caught.value) == (str(error) if text is None else text)


WITHOUT = """
import inspect
import sys
from importlib.machinery import PathFinder

ABSENT = {"_ctypes", "ctypes", "mmap", "openai", "pathspec", "pydantic", "re2", "tree_sitter"}


class Finder:
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in ABSENT else PathFinder.find_spec(name, path, target)


assert not ABSENT & set(sys.modules)
sys.meta_path[sys.meta_path.index(PathFinder)] = Finder()
from rlm_core.sandbox.guest.remote_context import remote

assert not ABSENT & set(sys.modules)
assert "regex: 'str'" in str(inspect.signature(remote(lambda request: b"").grep))
try:
    import re2
except ModuleNotFoundError:
    print("imported")
"""


def test_it_can_be_imported_where_no_native_package_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.stdout, done.stderr) == ("imported\n", "")
