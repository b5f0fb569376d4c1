"""What a preprocessor takes away does not hide what it stands on."""

from __future__ import annotations

import pytest

from tests.syntax.test_symbols import names, spans

HEADS = [
    "class GAME_API Actor : public Object {\n public:\n  void tick();\n};\n",
    'class API DEPRECATED("x") Actor final : public Object {\n void tick();\n};\n',
    "struct GAME_API Actor { void tick(); };\n",
    "QT_BEGIN_NAMESPACE\n\nclass Actor {\n  Q_OBJECT\n  Q_PROPERTY(int x READ x)\n public:\n"
    "  void tick();\n};\nQT_END_NAMESPACE\n",
    "UCLASS(Blueprintable, meta = (X))\nclass Actor : public Object {\n  GENERATED_BODY()\n"
    "  UFUNCTION(B, C = 1)\n  void tick();\n};\n",
    "class Actor {\nsignals:\n  void tick();\n};\n",
    "class Actor {\n public slots:\n  void tick();\n};\n",
]


@pytest.mark.parametrize("source", HEADS)
def test_a_class_keeps_its_members(source: str) -> None:
    found = names(source, "a.cpp")
    assert [name.split()[1] for name in found] == ["Actor", "Actor.tick"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("int get() const REQUIRES(mu_);\n", ["function get"]),
        ("void put(int v) EXCLUDES(mu_) { v_ = v; }\n", ["function put"]),
        ("void put(int v)\n    ATTRIBUTE_COLD PRINTF(1, 2);\n", ["function put"]),
        ("struct A {\n  std::map<int, int> v_ GUARDED_BY(mu_) = {};\n};\n", ["struct A", "field A.v_"]),
        ("enum GAME_API Color { red };\n", ["enum Color", "enum_member Color.red"]),
        (
            "enum E {\n  A_B API_SINCE_2 = 0,\n  C_D\n};\n",
            ["enum E", "enum_member E.A_B", "enum_member E.C_D"],
        ),
        ("LIB_API Thing *make(int kind);\n", ["function make"]),
        ("static LIB_INLINE Thing *make(int kind) { return 0; }\n", ["function make"]),
        ("LIB_VAR Thing things;\n", ["variable things"]),
        ("struct A { int x; } API_PACKED;\n", ["struct A", "field A.x"]),
        ("struct A { char b[3] WARN; int c WARN; };\n", ["struct A", "field A.b", "field A.c"]),
        ("class API A\n#ifdef B\n  : public C\n#endif\n{\n  A();\n};\n", ["class A", "constructor A.A"]),
        ("template <class T>\nAPI\nT f(T x) { return x; }\n", ["function f"]),
        ("API_CONST Pair<T>\nf(T x) { return x; }\n", ["function f"]),
        ('API_ATTRIBUTE("x")\nvoid f() {\n  g();\n}\n', ["function f"]),
        ("API_OFF(1)  // why\n\nstruct A { int b; };\n", ["struct A", "field A.b"]),
        (
            "#define own(T) T get_##T();\nclass A {\n  int b;\n  own(int)\n  own(char)\n  int c;\n};\n",
            ["function own", "class A", "field A.b", "field A.c"],
        ),
        ("export module a.b;\nimport std;\nexport int answer();\n", ["function answer"]),
        ("export namespace a {\n  struct P { int x; };\n}\n", ["namespace a", "struct a.P", "field a.P.x"]),
        (
            'auto s = R"sixteen_letters_(")sixteen_letters_";\nint behind();\n',
            ["variable s", "function behind"],
        ),
    ],
)
def test_macros_of_cpp_are_no_names(source: str, expected: list[str]) -> None:
    assert names(source, "a.cpp") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("G_DEFINE_TYPE (Foo, foo, G_TYPE)\nstatic void foo_init(Foo *x) { }\n", ["function foo_init"]),
        ("static int MAX(int a, int b);\n", ["function MAX"]),
        ("struct RECT area;\n", ["variable area"]),
        (
            "enum e {\n  ONE,\n#ifdef X\n  TWO\n#endif\n};\n",
            ["enum e", "enum_member e.ONE", "enum_member e.TWO"],
        ),
        ("EXPORTED(weight) { return 1; }\n", ["function weight"]),
        ("static void PREFIXED(shut)(int how)\n{\n}\n", ["function shut"]),
        ("char *dup(s)\n    char *s;\n{\n  return s;\n}\nint last;\n", ["function dup", "variable last"]),
        (
            "int f(s)\n    char *(*s)(int);\n{\n}\nint last;\n",
            ["function f", "variable last"],
        ),
        ("extern int LIB_CALL f(void);\nHRESULT WINAPI g(int x) { }\n", ["function f", "function g"]),
        ("static HANDLE f(int x) { }\n", ["function f"]),
        (
            "int LIB_CALL f OF((int a,\n    int (*b)(int)));\nint g __P((void));\n",
            ["function f", "function g"],
        ),
        ("typedef unsigned char uint8_t;\ntypedef struct A B;\n", ["class uint8_t", "class B"]),
        (
            "struct A { int b; } *c;\nstruct D { struct E { int f; } g; };\n",
            ["variable c", "struct A", "field A.b", "struct D", "field D.g", "struct D.E", "field D.E.f"],
        ),
        ("#define A(x) do { \\\n  int b; /* of A */ \\\n  int c; \\\n} while (0)\n", ["function A"]),
    ],
)
def test_macros_of_c_are_no_names(source: str, expected: list[str]) -> None:
    assert names(source, "a.c") == expected


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("TEST(Kettle, Boils) {\n  run();\n}\n", "Kettle.Boils"),
        ("TEST_F(Kettle, Boils)\n{\n  run();\n}\n", "Kettle.Boils"),
        ("TYPED_TEST(Kettle, Boils) { run(); }\n", "Kettle.Boils"),
        ("BOOST_AUTO_TEST_CASE(boils) { run(); }\n", "boils"),
        ('TEST_CASE("water boils", "[kettle]") {\n  run();\n}\n', "water boils"),
    ],
)
def test_a_test_has_the_name_that_it_is_given(source: str, name: str) -> None:
    assert names(source, "a.cpp") == [f"function {name}"]


@pytest.mark.parametrize("layers", [0, 1, 3, 10])
def test_a_declarator_has_as_many_layers_as_it_likes(layers: int) -> None:
    source = f"int {'*' * layers}f(void);\nint {'*' * layers}g(void) {{ }}\nint {'*' * layers}v[2], w;\n"
    expected = ["function f", "function g", "variable v", "variable w"]
    assert names(source, "a.c") == expected
    assert names(source, "a.cpp") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("void (*pick(int k))(int) { }\nint (*find(void))(void);\n", ["function pick", "function find"]),
        ("int (has)(int x);\nint (*fp)(int x);\n", ["function has", "variable fp"]),
        ("typedef int (*cb)(int), **pp;\n", ["class cb", "class pp"]),
        (
            "struct s { int ***p; void (*f)(int); int a[2][3]; };\n",
            ["struct s", "field s.p", "field s.f", "field s.a"],
        ),
        ("#ifndef A_H\n#define A_H\nextern int x;\n#endif\n", ["constant A_H", "variable x"]),
    ],
)
def test_declarators_of_c(source: str, expected: list[str]) -> None:
    assert names(source, "a.c") == expected


def test_members_for_cpp_alone_are_read() -> None:
    source = "struct A {\n#ifdef __cplusplus\n\n  A() : b(1) {}\n#endif\n  int b;\n};\n"
    assert names(source, "a.h") == ["struct A", "constructor A.A", "field A.b"]


def test_names_of_cpp_are_as_they_are_searched() -> None:
    source = "template <> struct A<B<int>> {\n  bool operator == (A b);\n  bool operator<=>(A b);\n};\n"
    assert names(source, "a.cpp") == ["struct A", "method A.operator==", "method A.operator<=>"]


def test_conversions_of_cpp() -> None:
    source = (
        "struct A { explicit operator std::string() const; };\nA::operator bool() const { return true; }\n"
    )
    assert names(source, "a.cpp") == ["struct A", "method A.operator std::string", "method A.operator bool"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "int f(void)\n{\n#ifdef A\n  if (a()) {\n#else\n  if (b()) {\n#endif\n  }\n}\nint g;\n",
            ["function f 1-9", "variable g 10-10"],
        ),
        (
            "int f(int a)\n{\n  if (a)\n    return 0;\n#ifndef B\n  else if (b) {\n  }\n#endif\n}\nint g;\n",
            ["function f 1-9", "variable g 10-10"],
        ),
        (
            "#if A\nstatic int f(int x)\n#else\nstatic int f2(int x)\n#endif\n{\n  return 1;\n}\nint g;\n",
            ["function f 2-8", "variable g 9-9"],
        ),
        (
            "#if 0\nthis isn't C (\n#else\nint f(void) { }\n#endif\nint g;\n",
            ["function f 4-4", "variable g 6-6"],
        ),
        (
            "#if A\nint f(void) { }\n#else\nint f2(void) { }\n#endif\n",  # each for itself: both are there
            ["function f 2-2", "function f2 4-4"],
        ),
    ],
)
def test_one_branch_is_read_where_they_do_not_stand_for_themselves(source: str, expected: list[str]) -> None:
    assert spans(source, "a.c") == expected
