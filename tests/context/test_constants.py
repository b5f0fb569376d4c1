"""constant: what names are given, in each language, across files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.results import Constant
    from tests.support.contexts import ContextOf

PYTHON = {
    "shop/__init__.py": "from .limits import LIMIT as MOST\n",
    "shop/limits.py": "KIB = 1 << 10\nLIMIT: int = (4 * KIB) // 3 - ~1\nNAME = 'a' \"b\" + r'\\d'\n",
    "app.py": (
        "import shop.limits\nimport shop as s\nfrom shop.limits import *\n\n\n"
        "class Settings:\n    SIZE = s.MOST + 1\n    BOTH = [SIZE, -2.5, 'x', None, not True]\n"
        "    TEXT = f'{SIZE}-{shop.limits.NAME}'\n\n\n"
        "DOUBLE = KIB * 2\nCALL = len('x')\n\n\ndef f():\n    DOUBLE = 3\n"
    ),
    "other.py": (
        "try:\n    import fast\n    SPEED = 2\nexcept ImportError:\n    SPEED = 1\n"
        "TWICE = SPEED * 2\nSPEED += 1\n"
    ),
    "round.py": "A = B\nB = A\nHUGE = 1 << 100000\nLONG = 'x' * 10 ** 9\nDIVIDED = 1 // 0\n",
}
OTHERS = {
    "go": (
        {
            "go.mod": "module example.org/m\n",
            "a/a.go": (
                'package a\n\nimport b "example.org/m/bb"\n\n'
                'const (\n\tX = 1 << (10 * (iota + 1))\n\tY\n\tZ, W = iota, "z"\n)\n\n'
                "const Q uint8 = b.One | Far\nvar T = int64(7) / -2\n"
            ),
            "a/far.go": "package a\n\nconst Far = 0x10\n",
            "bb/b.go": "package bb\n\nconst One = 1\n",
        },
        {"X": 1 << 10, "Y": 1 << 20, "Z": 2, "W": "z", "Q": 17, "T": -3},
    ),
    "rust": (
        {
            "src/lib.rs": (
                "pub const A: usize = (1 << 4) | 0xF_u32 as usize;\n"
                'static B: &str = "x\\n";\nenum E { P = 3, Q }\nconst M: u8 = !0;\n'
                'const N: u64 = u32::MAX as u64 + other::C;\nconst R: &str = r#"a\\d"#;\n'
            ),
            "src/other.rs": "pub const C: u64 = crate::A as u64 - 30;\n",
        },
        {"A": 31, "B": "x\n", "Q": 4, "M": 255, "N": (1 << 32), "R": "a\\d"},
    ),
    "java": (
        {
            "A.java": (
                "class A {\n  static final int X = 0x10 | B.Y;\n"
                "  static final String S = \"a\" + X + 'c';\n  long L = 1_0L; int D = (int) 7 / 2;\n}\n"
            ),
            "B.java": "class B { static final int Y = 1; }\n",
        },
        {"X": 17, "S": "a17c", "L": 10, "D": 3},
    ),
    "c#": (
        {
            "A.cs": (
                'class A { const int X = 1 << 3, Y = X + 1; string S = @"a\\bc"; enum E { P, Q = Y, R } }\n'
            )
        },
        {"Y": 9, "S": "a\\bc", "P": 0, "R": 10},
    ),
    "c": (
        {
            "a.h": '#define A (B << 2) /* four */\n#define S "a" "b"\n#define B 010\n',
            "a.c": (
                "enum { P, Q = 3, R = Q | 0x10UL, T };\n"
                "static const int x = A + T, y[] = {1, 2};\nconst char *s = S;\n"
            ),
        },
        {"A": 32, "S": "ab", "P": 0, "T": 20, "x": 52, "y": (1, 2), "s": "ab"},
    ),
    "typescript": (
        {
            "a.ts": (
                "import { N as M } from './b';\nimport D from './b';\n"
                "export const A = 1_000 * M, S = `n${A}` + 'y\\n';\n"
                "enum E { P, Q = 1 << 2, R, U = 'u' }\nclass K { static readonly Z = E.R / 2; }\n"
                "const V = D;\n"
            ),
            "b.ts": "export * from './c';\nconst own = 5;\nexport default own;\n",
            "c.ts": "export const N = 2 ** 3;\n",
        },
        {"A": 8000, "S": "n8000y\n", "P": 0, "R": 5, "U": "u", "Z": 2.5, "V": 5},
    ),
    "php": (
        {"a.php": "<?php\nconst A = 1 . 'b';\nclass K { const B = self::C | 2, C = 8; const D = \"x\"; }\n"},
        {"A": "1b", "B": 10, "D": "x"},
    ),
    "ruby": (
        {"a.rb": "A = 1 << 2\nmodule M\n  B = A + 1\n  L = 'x'.freeze\nend\nC = M::B\n"},
        {"A": 4, "B": 5, "L": "x", "C": 5},
    ),
}


def value(context_of: ContextOf, name: str) -> Constant:
    found = context_of(snapshot_of(PYTHON)).constant(name)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LIMIT", 1367),
        ("NAME", "ab\\d"),
        ("app.py::Settings.SIZE", 1368),
        ("Settings.BOTH", (1368, -2.5, "x", None, False)),
        ("TEXT", "1368-ab\\d"),
        ("DOUBLE", 2048),
    ],
)
def test_constants_are_followed_through_files(context_of: ContextOf, name: str, expected: object) -> None:
    assert value(context_of, name).value == expected


def test_constants_say_where_they_are_from(context_of: ContextOf) -> None:
    found = value(context_of, "SIZE")
    assert repr(found) == "app.py:7 Settings.SIZE = 1368  (from s.MOST + 1)"
    assert found.via == ("shop/limits.py:2", "shop/limits.py:1")


@pytest.mark.parametrize("language", OTHERS)
def test_constants_of_other_languages(context_of: ContextOf, language: str) -> None:
    files, expected = OTHERS[language]
    context = context_of(snapshot_of(files))
    assert {name: [each.value for each in context.constant(name)] for name in expected} == {
        name: [value] for name, value in expected.items()
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("CALL", "len('x') is not followed"),
        ("TWICE", "SPEED += 1 is not followed"),
        ("A", "it is defined by itself"),
        ("HUGE", "it is too large"),
        ("LONG", "it is too long"),
        ("DIVIDED", "integer division or modulo by zero"),
    ],
)
def test_what_cannot_be_known_says_why(context_of: ContextOf, name: str, why: str) -> None:
    found = value(context_of, name)
    assert (found.value, found.why) == (None, why)
    assert repr(found).startswith(f"{found.path}:{found.line} {name} = ? ({why})")


def test_a_name_with_several_values_says_so(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(PYTHON))
    found = context.constant("SPEED")
    assert [(each.line, each.value) for each in found] == [(3, 2), (5, 1), (7, None)]
    assert found.note == "It is given several values: which one holds is not known."
    assert context.constant("SPEED", limit=1).note.endswith("2 more than limit=1.")
    assert context.constant("nowhere") == []
    assert "No place outside of functions" in context.constant("nowhere").note
    assert context.constant(context.find("KIB")[0])[0].value == 1024
    with pytest.raises(QueryError, match="limit of at least 1"):
        context.constant("KIB", limit=0)
    with pytest.raises(QueryError, match="name of a constant"):
        context.constant("app.py::")
