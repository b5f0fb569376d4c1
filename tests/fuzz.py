"""Fuzzes what reads hostile text on the host: frames of a worker, and the turns of a model.

uv run --with atheris python -m tests.fuzz frames|turns [SECONDS]

Coverage-guided, by atheris. A crash, an exception that is not the promised one, or an input that takes longer
than five seconds ends it with exit code 77 and leaves the input in a file. The tests hold the same properties
with hypothesis, and briefly.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import atheris

with atheris.instrument_imports(include=["rlm_core"], enable_loader_override=False):
    from rlm_core.engine.turn_parser import parse
    from rlm_core.sandbox import wire
    from rlm_core.sandbox.host import frames

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = [
    {"op": "ready", "variables": [["a", "int", "1"]]},
    {"op": "refused", "unlocked": True, "message": "why"},
    {"op": "output", "text": {"$text": 9}},
    {"op": "call", "id": 1, "name": "ask", "args": [[1.5, None, {"k": "v"}]], "kwargs": {"a": {"$text": 3}}},
    {"op": "done", "id": 1, "error": None, "final": "x", "omitted": 0, "variables": []},
    {"op": "texts", "id": 1, "texts": ["x", {"$text": 9}]},
    {"op": "saved", "state": "x"},
    {"op": "output", "text": "\ud83d, which no frame may have"},
    {"op": "call", "id": 1, "name": "ask", "args": ["\\ud83d"], "kwargs": {"\udfff": {"$text": 4}}},
]
TEXT = b"some text..."
# What large frames are like: a head of little but structure, a long text; and half a surrogate pair in one.
LARGE = [
    (b'{"op":"call","id":1,"name":"ask","args":[' + b'{"a":[]},' * 400 + b'0],"kwargs":{}}', b""),
    (b'{"op":"output","text":{"$text":3900}}', "é語🎉".encode() * 500),
    (b'{"op":"output","text":{"$text":3}}', b"\xed\xa0\x80"),
]
TURNS = [
    "Plan.\n```repl\nprint(1)\n```\nFINAL(see `f(x)`)\n",
    "~~~python\nx = '''\n```\n'''\n~~~\nFINAL_VAR('x')",
    "FINAL(f'{n} files')\nFINAL(\n1) a :)\n)\n",
]


def read_frame(data: bytes) -> None:
    """A head, a zero and a body: they are a frame, or refused."""
    with suppress(wire.FrameError):
        wire.sizes(data[:8].ljust(8, b"\0"))
    with suppress(wire.FrameError):
        head, _, body = data.partition(b"\0")
        message = frames.parse(head, body, {})
        json.dumps(message.model_dump(), ensure_ascii=False).encode()  # no lone surrogate got in
        # What was accepted can be said again, and is understood alike.
        again = wire.encode(message.model_dump())
        size, _ = wire.sizes(again[:8])
        assert repr(frames.parse(again[8 : 8 + size], again[8 + size :])) == repr(message)  # NaN is not NaN


def read_turn(data: bytes) -> None:
    """Any text is a turn."""
    turn = parse(data.decode("utf-8", "surrogateescape"))
    assert all(isinstance(block.code, str) for block in turn.blocks)


def seeds(target: str) -> list[bytes]:
    if target == "turns":
        return [text.encode() for text in TURNS]
    heads = [json.dumps(message).encode() for message in FRAMES]
    for head in heads[:-2]:
        frames.parse(head, TEXT)  # a seed that is no frame any more would teach nothing
    return [head + b"\0" + body for head, body in [*((head, TEXT) for head in heads), *LARGE]]


def main() -> None:
    targets: dict[str, Callable[[bytes], None]] = {"frames": read_frame, "turns": read_turn}
    target, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
    corpus = Path(tempfile.gettempdir(), f"rlm-fuzz-{target}")  # grows, and the next run goes on from there
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds(target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", "-timeout=5", "-max_len=8192", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], targets[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
