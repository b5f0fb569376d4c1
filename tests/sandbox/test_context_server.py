"""Whatever a guest sends is answered, and with nothing that a program may not have."""

from __future__ import annotations

import json
import pickle
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_core.context.context import Context
from rlm_core.sandbox import wire
from rlm_core.sandbox.guest import context_rpc
from rlm_core.sandbox.worker.wasm_context_server import ContextServer
from tests.context.conftest import FILES
from tests.support.snapshots import snapshot_of

SERVER = ContextServer(snapshot_of(FILES))
PUBLIC = {name for name in vars(Context) if not name.startswith("_")}
HIDDEN = sorted(
    {*dir(Context(snapshot_of({}))), "__globals__", "_members", "answer"} - PUBLIC - {"__getitem__"}
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=50))
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FORGED = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ["File", "Hit", "Ranked", "Reference", "Slice", "Symbol", "ContextServer", "type", "\0"]
        )
    },
    optional={"fields": st.lists(SHAPES, max_size=10), "items": st.lists(SHAPES, max_size=4)},
)
PATHS = st.sampled_from([*FILES, "get"])


def frame(message: Any) -> bytes:
    head = json.dumps(message).encode()
    return struct.pack("<II", len(head), 0) + head


def failure(answer: bytes) -> tuple[type[Exception], str]:
    assert answer[:1] == b"-"
    kind, arguments = pickle.loads(answer[1:])
    return kind, str(kind(*arguments))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_request(data: bytes) -> None:
    assert failure(SERVER.answer(data))[0] is wire.FrameError


@given(SHAPES)
def test_shapes_that_are_no_request(shape: Any) -> None:
    assert failure(SERVER.answer(frame(shape)))[0] is wire.FrameError


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(PUBLIC))
    | st.sampled_from([context_rpc.TABLE, context_rpc.LINE_COUNT, "__getitem__"]),
    st.lists(PATHS | FORGED | SHAPES, max_size=3),
    st.dictionaries(
        st.text(max_size=4) | st.sampled_from(["glob", "limit", "self"]), FORGED | SHAPES, max_size=2
    ),
)
def test_values_that_are_no_arguments(member: str, arguments: list[Any], keywords: dict[str, Any]) -> None:
    answer = SERVER.answer(frame({"member": member, "args": arguments, "kwargs": keywords}))
    assert answer[:1] in {b"+", b"-"}


@pytest.mark.parametrize("member", HIDDEN)
def test_what_is_private_stays_private(member: str) -> None:
    kind, text = failure(SERVER.answer(context_rpc.encode(member, [], {})))
    assert (kind, text) == (AttributeError, f"'Context' object has no attribute {member!r}")


@pytest.mark.parametrize(
    ("forged", "sentence"),
    [
        ({"kind": "Hit", "fields": ["src/store.py", "x", None, []]}, "a value that no argument is"),
        ({"kind": "Hit", "fields": ["src/store.py"]}, "a 'Hit' that is none"),
        ({"kind": "ContextServer", "fields": []}, "a 'ContextServer' that is none"),
        ({"kind": "a\0b"}, "a type that cannot have its name"),
        ({"kind": "tuple", "items": [[1]]}, "a value that no argument is"),
        ({"kind": ["tuple"]}, "a value that no argument is"),
    ],
)
def test_forged_results_are_told(forged: Any, sentence: str) -> None:
    kind, text = failure(SERVER.answer(frame({"member": "slice", "args": [forged], "kwargs": {}})))
    assert kind is wire.FrameError
    assert sentence in text


@pytest.mark.parametrize(
    "forged",
    [
        {"kind": "Hit", "fields": ["src/store.py", "x", 1, "x"]},
        {"kind": "Hit", "fields": ["src/store.py", 1.5, 1, "x"]},
        {"kind": "Symbol", "fields": ["src/store.py", "x", "class", "x", "1", None, 1, "x"]},
        {"kind": "Ranked", "fields": [None, None, None, None, None, None, None]},
        {"kind": "Slice", "fields": []},
        {"kind": "File", "fields": ["../../etc/passwd"]},
        {"kind": "object"},
    ],
)
def test_forged_results_are_refused(forged: Any) -> None:
    kind, text = failure(SERVER.answer(frame({"member": "slice", "args": [forged], "kwargs": {}})))
    assert issubclass(kind, Exception)
    assert text


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF),
        struct.pack("<II", 10, 10) + b"short",
        frame({"member": "grep", "args": [{"$text": 1 << 40}], "kwargs": {}}),
        struct.pack("<II", 400_000, 0) + b"[" * 200_000 + b"]" * 200_000,
        frame({"member": "grep", "args": ["get"], "kwargs": {}}) + b"more",
    ],
)
def test_sizes_that_are_not_true(data: bytes) -> None:
    assert failure(SERVER.answer(data))[0] is wire.FrameError


@pytest.mark.parametrize("row", [5, -6, 10**30, "0", None, 0.0])
def test_rows_that_are_none(row: Any) -> None:
    kind, _ = failure(SERVER.answer(context_rpc.encode(context_rpc.LINE_COUNT, [row], {})))
    assert kind in {IndexError, TypeError}
