"""The languages we know: one record each, in one table."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import tree_sitter


@dataclass(frozen=True)
class Language:
    """A language, how its files are recognised and, if it can be parsed, with what.

    Attributes:
        name: what people call it.
        extensions: lower-case file extensions with their dot.
        filenames: whole file names.
        interpreters: programs in a `#!` line, without a version.
        module: the wheel with the grammar; empty when files are not parsed.
        function: the function of that wheel that gives the grammar.
        queries: files in `queries/`, joined: a grammar that extends another one extends its query too.
        hint: RE2 expression for lines that may define NAME; a file without one is not parsed to find it.
        noise: what the grammar trips over; blanked before parsing.
    """

    name: str
    extensions: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    module: str = ""
    function: str = "language"
    queries: tuple[str, ...] = ()
    hint: str = ""
    noise: re.Pattern[bytes] | None = None

    @property
    def parsable(self) -> bool:
        """Whether there is a grammar."""
        return bool(self.module)

    @cached_property
    def grammar(self) -> tree_sitter.Language:
        """The grammar, loaded on first use."""
        return tree_sitter.Language(getattr(importlib.import_module(self.module), self.function)())

    @cached_property
    def query(self) -> tree_sitter.Query:
        """The query for definitions, compiled on first use."""
        folder = resources.files("rlm_core.syntax") / "queries"
        source = "\n".join((folder / f"{name}.scm").read_text("utf-8") for name in self.queries)
        return tree_sitter.Query(self.grammar, source)


# Lines that may define NAME. Most mentions are uses, and a hint saves parsing their files.
_PYTHON_HINT = r"^\s*(?:async\s+)?(?:def|class|type)\s+NAME\b|^\s*NAME\s*(?::|=[^=])"
_C_HINT = "|".join(
    (
        r"^(?:[A-Za-z_#*][^;=()\"]*[\s*])?NAME\s*(?:\(|=|;|\[|,|$)",  # at the margin: functions, variables
        r"^[A-Za-z_][^;=\"]*\)[\w\s*]*[\s*]NAME\s*\(",  # … after an attribute with arguments
        r"\b(?:struct|union|enum|class)\s+NAME\s*(?:\{|$|/)",
        r"#\s*define\s+NAME\b",
        r"^\s*\}[^;]*\bNAME\s*[;,]",
        r"^typedef\b[^;]*\bNAME\s*;",
        r"\(\s*\*\s*NAME\s*\)",
        r"^\s+NAME\s*(?:,|=|/|\}|$)",  # enumerators
        r"^\s+(?:struct\s+|union\s+|enum\s+|const\s+|unsigned\s+)*\w+[\s*]+NAME\s*[;:\[]",  # fields
        r"[{,]\s*NAME\s*[,=}]",
    )
)
_GO_HINT = "|".join(
    (
        r"\bfunc\s+(?:\([^)]*\)\s*)?NAME\b",
        r"\b(?:type|const|var)\s+(?:\w+\s*,\s*)*NAME\b",
        r"^\s+(?:\w+\s*,\s*)*NAME\b(?:\s*,|\s*=|\s*\(|\s+[\w\[\]*.<(]|\s*$)",
    )
)
_RUST_HINT = "|".join(
    (
        r"\b(?:fn|struct|enum|union|trait|type|mod|const|static|mut|macro_rules!)\s+NAME\b",
        r"^\s*(?:pub(?:\([^)]*\))?\s+)?NAME\s*(?::|,|\(|\{|=|$)",
        r"[{,(]\s*NAME\s*[:,({}]",
    )
)
# Attribute macros, as in `static __printf(1, 2) int __init log(…)`, are no C without their header.
_C_NOISE = re.compile(
    rb"(?<=[\s*])__\w+\s*\([^()\n]*\)(?=[ \t]+[A-Za-z_*])"
    rb"|(?<=[\w*][ \t])__\w*(?:init|exit)\w*(?=[ \t]+\**\w+[ \t]*\()"
)

C = Language("C", (".c", ".h"), module="tree_sitter_c", queries=("c",), hint=_C_HINT, noise=_C_NOISE)
CPP = Language(
    "C++",
    (".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".tpp", ".inl", ".cu", ".cuh"),
    module="tree_sitter_cpp",
    queries=("c", "cpp"),
    noise=_C_NOISE,
)

LANGUAGES: tuple[Language, ...] = (
    Language(
        "Python",
        (".py", ".pyi", ".pyw"),
        ("SConstruct", "SConscript", "wscript"),
        ("python", "pypy"),
        "tree_sitter_python",
        queries=("python",),
        hint=_PYTHON_HINT,
    ),
    Language(
        "JavaScript",
        (".js", ".mjs", ".cjs", ".jsx"),
        ("Jakefile",),
        ("node", "nodejs"),
        "tree_sitter_javascript",
        queries=("javascript", "javascript_fields"),
    ),
    Language(
        "TypeScript",
        (".ts", ".mts", ".cts"),
        (),
        ("deno", "ts-node", "tsx", "bun"),
        "tree_sitter_typescript",
        "language_typescript",
        ("javascript", "typescript"),
    ),
    Language(
        "TSX",
        (".tsx",),
        module="tree_sitter_typescript",
        function="language_tsx",
        queries=("javascript", "typescript"),
    ),
    Language("Go", (".go",), module="tree_sitter_go", queries=("go",), hint=_GO_HINT),
    Language(
        "Rust",
        (".rs",),
        (),
        ("rust-script",),
        "tree_sitter_rust",
        queries=("rust",),
        hint=_RUST_HINT,
    ),
    Language("Java", (".java",), module="tree_sitter_java", queries=("java",)),
    C,
    CPP,
    Language("C#", (".cs", ".csx"), module="tree_sitter_c_sharp", queries=("c_sharp",)),
    Language(
        "Ruby",
        (".rb", ".rake", ".gemspec", ".ru"),
        ("Gemfile", "Rakefile", "Guardfile", "Podfile", "Vagrantfile", "Brewfile"),
        ("ruby", "jruby"),
        "tree_sitter_ruby",
        queries=("ruby",),
    ),
    Language(
        "PHP",
        (".php", ".phtml", ".php5", ".inc"),
        (),
        ("php",),
        "tree_sitter_php",
        "language_php",
        ("php",),
    ),
    Language(
        "Bash",
        (".sh", ".bash", ".bats", ".ebuild", ".zsh"),
        (".bashrc", ".bash_profile", ".profile", "PKGBUILD", "APKBUILD"),
        ("bash", "sh", "dash", "ash", "ksh", "zsh"),
        "tree_sitter_bash",
        queries=("bash",),
    ),
    Language("Markdown", (".md", ".markdown", ".mdx")),
    Language("reStructuredText", (".rst",)),
    Language("Text", (".txt", ".text")),
    Language("TOML", (".toml",), ("Pipfile", "Cargo.lock", "poetry.lock", "uv.lock")),
    Language("JSON", (".json", ".jsonc", ".json5", ".geojson", ".webmanifest")),
    Language("YAML", (".yml", ".yaml")),
    Language("INI", (".ini", ".cfg", ".conf", ".properties"), (".editorconfig", ".gitconfig")),
    Language("XML", (".xml", ".xsd", ".xsl", ".xslt", ".svg", ".csproj", ".plist")),
    Language("HTML", (".html", ".htm", ".xhtml")),
    Language("CSS", (".css",)),
    Language("SCSS", (".scss", ".sass", ".less")),
    Language("SQL", (".sql",)),
    Language("Vue", (".vue",)),
    Language("Svelte", (".svelte",)),
    Language("Kotlin", (".kt", ".kts")),
    Language("Swift", (".swift",)),
    Language("Scala", (".scala", ".sc")),
    Language("Lua", (".lua",), (), ("lua", "luajit")),
    Language("Perl", (".pl", ".pm"), (), ("perl",)),
    Language("R", (".r",), (), ("rscript",)),
    Language("Julia", (".jl",)),
    Language("Haskell", (".hs",)),
    Language("OCaml", (".ml", ".mli")),
    Language("Elixir", (".ex", ".exs"), (), ("elixir",)),
    Language("Erlang", (".erl", ".hrl"), (), ("escript",)),
    Language("Clojure", (".clj", ".cljs", ".cljc")),
    Language("Dart", (".dart",)),
    Language("Zig", (".zig",)),
    Language("Assembly", (".s", ".asm")),
    Language("Device Tree", (".dts", ".dtsi")),
    Language("Protocol Buffers", (".proto",)),
    Language("GraphQL", (".graphql", ".gql")),
    Language("Terraform", (".tf", ".hcl")),
    Language("Nix", (".nix",)),
    Language("PowerShell", (".ps1", ".psm1")),
    Language("Make", (".mk",), ("Makefile", "makefile", "GNUmakefile", "Kbuild"), ("make",)),
    Language("CMake", (".cmake",), ("CMakeLists.txt",)),
    Language("Dockerfile", (".dockerfile",), ("Dockerfile", "Containerfile")),
)

_BY_EXTENSION = {extension: language for language in LANGUAGES for extension in language.extensions}
_BY_FILENAME = {name: language for language in LANGUAGES for name in language.filenames}
_BY_INTERPRETER = {name: language for language in LANGUAGES for name in language.interpreters}
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?([\w.+-]+)(?:\s+(?:-\S+\s+|\w+=\S*\s+)*([\w.+-]+))?")
_CPP_HEADER = re.compile(
    rb"^[ \t]*(?:class\s+\w+[^;(]*[{:]|namespace\b|template\s*<|using\s+\w+"
    rb"|(?:public|private|protected)\s*:)",
    re.MULTILINE,
)


def detect(path: str, first_line: str = "") -> Language | None:
    """Returns the language of a file by its name or else by its `#!` line; None when neither tells.

    Args:
        path: POSIX path; only its last part is looked at.
        first_line: the first line of the file, if it is at hand.
    """
    name = path.rpartition("/")[2]
    if language := _BY_FILENAME.get(name):
        return language
    stem, dot, extension = name.rpartition(".")
    if dot and stem:
        return _BY_EXTENSION.get(f".{extension.lower()}")
    if first_line.startswith("#!") and (shebang := _SHEBANG.match(first_line)):
        program = shebang[2] if shebang[1] == "env" and shebang[2] else shebang[1]
        return _BY_INTERPRETER.get(program.rstrip("0123456789.").lower())
    return None


def of_source(path: str, source: bytes) -> Language | None:
    """Returns the language of a file whose text is at hand.

    Sharper than `detect`: a `.h` file is C++ where it has classes, namespaces, templates or access
    labels, else C. (The C++ grammar would do for most C, but it is slower, and it fails on C that uses
    `class`, `new` or `template` as names.)
    """
    language = detect(path, source[:200].partition(b"\n")[0].decode("utf-8", "ignore"))
    return CPP if language is C and path.endswith((".h", ".H")) and _CPP_HEADER.search(source) else language


def preload() -> None:
    """Loads every grammar and compiles every query, so that nothing is read from disk later."""
    for language in LANGUAGES:
        if language.parsable:
            _ = language.query
