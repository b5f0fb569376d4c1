"""constant: what names are given, in each language, across files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.rows import Constant
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


def test_constants_are_places(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(PYTHON))
    shown = context.excerpts(context.constant("SIZE"), around=0)
    assert shown.startswith("app.py\n-- 7 in Settings (6-9)\n7")


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


# What a value is told to be where it is not what it looks like at first sight.
SUBTLE: dict[str, tuple[str, dict[str, object]]] = {
    "A.java": (
        "class A { int A = 'a' + 1; long B = 24 * 60 * 60 * 1000 * 1000;\n"
        "long C = 24L * 60 * 60 * 1000 * 1000;\n"
        "int D = 0xFFFFFFFF; int E = NONE; float F = 1 / 2f; double G = 1 / 2; byte H = (byte) 200; }\n",
        {"A": 98, "B": None, "C": 86400000000, "D": -1, "E": None, "F": 0.5, "G": 0.0, "H": -56},
    ),
    "a.js": (
        "const A = 1 << 31, B = -7 % 3, C = -1 >>> 0, D = 2 ** 53 + 1, E = `${1.0}${true}`;\n"
        "const [F, G] = [1, 2]; exports.I = 3;\n",
        {"A": -(1 << 31), "B": -1, "C": (1 << 32) - 1, "D": None, "E": "1true", "G": 2, "I": 3},
    ),
    "a.py": (
        "A, B = 1, 2\nC, *D = 1, 2\nE = int('5')\nF = {1, 1}\nG = f'{A:>3}'\nK.H = 4\nI = true\n",
        {"B": 2, "C": None, "E": None, "F": (1,), "G": None, "H": 4, "I": None},
    ),
    "a.rb": ("A = -7 / 2\nB, C = 1, 2\nD = 'a\\n'\n", {"A": -4, "C": 2, "D": "a\\n"}),
    "a.c": (
        "#ifdef X\n#define A 1 << 2\n#endif\n#define B A * 2\n#define C (A) * 2\n#define D ~0U\n"
        "#define E (~3 & 0xff)\n#define F (1 << 31)\n"
        "#define G '\\033'\n#define H ((unsigned) -1)\n#define I 08\n",
        {
            "A": 4,
            "B": None,
            "C": 8,
            "D": None,
            "E": 252,
            "F": None,
            "G": "\x1b",
            "H": (1 << 32) - 1,
            "I": None,
        },
    ),
    "a.go": (
        "package a\nconst A = 'a' + 1\nconst B = ^0\nconst C uint8 = ^uint8(0)\nconst D = ^uint8(0)\n"
        "const E = 2 * time.Minute\n",
        {"A": 98, "B": -1, "C": 255, "D": None, "E": 120 * 10**9},
    ),
    "a.rs": (
        "const A: u8 = 300u16 as u8;\nconst B: [u8; 3] = [1; 3];\n"
        "const C: u64 = !0 >> 1;\nconst D: u32 = 010;\n",
        {"A": 44, "B": None, "C": None, "D": 10},
    ),
    "A.cs": (
        "class A { const int A = 1 << 40;\nconst uint B = ~0u; const int C = 'a' + 1; }\n",
        {"A": None, "C": 98},
    ),
    "a.ts": (
        "enum A { B = 'b'.length, C, D = 4 }\nconst E = <number>4;\n",
        {"B": None, "C": None, "D": 4, "E": None},
    ),
    "a.php": (
        "<?php define('A', 5); class K { const B = A + 6 / 2, C = \"a$b\"; static $d = 3;\n"
        "const E = TRUE; }\n",
        {"A": 5, "B": 8, "C": None, "d": 3, "E": True},
    ),
}


@pytest.mark.parametrize("path", SUBTLE)
def test_no_value_is_told_that_a_language_does_not_give(context_of: ContextOf, path: str) -> None:
    text, expected = SUBTLE[path]
    context = context_of(snapshot_of({path: text}))
    for name, value in expected.items():
        found = context.constant(f"{path}::{name}")
        assert [repr(each.value) for each in found] == [repr(value)], name
        assert bool(found[0].why) == (value is None), name


CHANGED = {
    "a.py": "N = 1\n\n\ndef f():\n    global N\n    N = 2\n\n\ndef g():\n    M = 1\n\n\nM = 2\n",
    "a.js": "let N = 1;\nconst M = 2;\nfunction f(M) {\n\n\n  N++;\n}\n",
    "a.go": "package a\n\nvar N, M = 1, 2\n\nfunc f() {\n\tN = 2\n}\n",
    "a.c": "static int N = 1, M = 2;\n\n\nvoid f(void) {\n  int M = 3;\n  N += M;\n}\n",
}


@pytest.mark.parametrize("path", CHANGED)
def test_what_functions_change_is_told(context_of: ContextOf, path: str) -> None:
    context = context_of(snapshot_of(CHANGED))
    assert context.constant(f"{path}::N").note == f"Functions may change it: {path}:6."
    assert not context.constant(f"{path}::M").note


def test_constants_that_are_not_read_are_told(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.kt": "const val A = 1\n", "b.py": f"B = {'(' * 60_000}1\n"}))
    assert context.constant("A").note.endswith("Constants of Kotlin are not known.")
    assert "Not parsed: b.py (" in context.constant("B").note


def test_a_name_with_several_values_says_so(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(PYTHON))
    found = context.constant("SPEED")
    assert [(each.line, each.value) for each in found] == [(3, 2), (5, 1), (7, None)]
    assert found.note == "It is given several values: which one holds is not known."
    assert context.constant("SPEED", limit=1).note.endswith("2 more than limit=1.")
    assert context.constant("nowhere") == []
    assert "No assignment of it was found outside of functions" in context.constant("nowhere").note
    assert context.constant(context.find("KIB")[0])[0].value == 1024
    with pytest.raises(QueryError, match="limit of at least 1"):
        context.constant("KIB", limit=0)
    with pytest.raises(QueryError, match="name of a constant"):
        context.constant("app.py::")
