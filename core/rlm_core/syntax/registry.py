"""Registry of languages: one record each, and which of them a file is in."""

from __future__ import annotations

import re

from rlm_core.syntax import c_macros, definition_hints, newer_syntax, preprocess
from rlm_core.syntax.component_scripts import component_scripts
from rlm_core.syntax.language import Language
from rlm_core.syntax.rust_macros import rust

C = Language("C", (".c", ".h"), wheel="c", definition_hint=definition_hints.C, preprocess=c_macros.c)
_CPP_SOURCES = (".cc", ".cpp", ".cxx", ".c++", ".ipp", ".tpp", ".inl", ".cu")
_CPP_HEADERS = (".hh", ".hpp", ".hxx", ".h++", ".cuh")
_CPP_MODULES = (".cppm", ".ixx", ".cxxm", ".c++m", ".ccm", ".mpp", ".mxx")
CPP = Language(
    "C++",
    (*_CPP_SOURCES, *_CPP_HEADERS, *_CPP_MODULES),
    wheel="cpp",
    queries=("c", "cpp"),
    preprocess=c_macros.cpp,
)
OBJECTIVE_C = Language(
    "Objective-C",
    (".m", ".mm"),
    wheel="objc",
    extra=True,
    queries=("c", "objc"),
    preprocess=c_macros.objective_c,
)

_CORE = (
    Language(
        "Python",
        (".py", ".pyi", ".pyw"),
        ("SConstruct", "SConscript", "wscript"),
        ("python", "pypy"),
        wheel="python",
        definition_hint=definition_hints.PYTHON,
    ),
    Language(
        "JavaScript",
        (".js", ".mjs", ".cjs", ".jsx"),
        ("Jakefile",),
        ("node", "nodejs"),
        wheel="javascript",
        queries=("javascript", "javascript_fields"),
    ),
    Language(
        "TypeScript",
        (".ts", ".mts", ".cts"),
        (),
        ("deno", "ts-node", "tsx", "bun"),
        wheel="typescript",
        function="language_typescript",
        queries=("javascript", "typescript"),
        preprocess=newer_syntax.typescript,
    ),
    Language(
        "TSX",
        (".tsx",),
        wheel="typescript",
        function="language_tsx",
        queries=("javascript", "typescript"),
        preprocess=newer_syntax.typescript,
    ),
    # Of these the scripts are parsed, and no markup.
    *(
        Language(
            name,
            (extension,),
            wheel="typescript",
            function="language_typescript",
            queries=("javascript", "typescript"),
            preprocess=component_scripts,
        )
        for name, extension in (("Vue", ".vue"), ("Svelte", ".svelte"), ("Astro", ".astro"))
    ),
    Language("Go", (".go",), wheel="go", definition_hint=definition_hints.GO, preprocess=newer_syntax.go),
    Language(
        "Rust",
        (".rs",),
        (),
        ("rust-script",),
        wheel="rust",
        definition_hint=definition_hints.RUST,
        preprocess=rust,
    ),
    Language("Java", (".java",), wheel="java"),
    C,
    CPP,
    Language("C#", (".cs", ".csx"), wheel="c-sharp", preprocess=newer_syntax.c_sharp),
    Language(
        "Ruby",
        (".rb", ".rake", ".gemspec", ".ru"),
        ("Gemfile", "Rakefile", "Guardfile", "Podfile", "Vagrantfile", "Brewfile"),
        ("ruby", "jruby"),
        wheel="ruby",
    ),
    Language("PHP", (".php", ".phtml", ".php5", ".inc"), (), ("php",), wheel="php", function="language_php"),
    Language(
        "Bash",
        (".sh", ".bash", ".bats", ".ebuild", ".zsh"),
        (".bashrc", ".bash_profile", ".profile", "PKGBUILD", "APKBUILD"),
        ("bash", "sh", "dash", "ash", "ksh", "zsh"),
        wheel="bash",
    ),
)

# Every repository has some of these, and their grammars are small.
_DATA = (
    Language(
        "Markdown",
        (".md", ".markdown", ".mdx"),
        wheel="markdown",
        definition_hint=definition_hints.MARKDOWN,
        content="prose",
    ),
    Language(
        "JSON",
        (".json", ".jsonc", ".json5", ".geojson", ".webmanifest"),
        wheel="json",
        definition_hint=definition_hints.JSON,
        content="data",
    ),
    Language(
        "YAML",
        (".yml", ".yaml"),
        wheel="yaml",
        definition_hint=definition_hints.YAML,
        preprocess=preprocess.yaml,
        content="data",
    ),
    Language(
        "TOML",
        (".toml",),
        ("Pipfile", "Cargo.lock", "poetry.lock", "uv.lock"),
        wheel="toml",
        definition_hint=definition_hints.TOML,
        content="data",
    ),
    Language(
        "HTML",
        (".html", ".htm", ".xhtml"),
        wheel="html",
        definition_hint=definition_hints.HTML,
        content="data",
    ),
    Language("CSS", (".css",), wheel="css", content="data"),
    Language(
        "Make",
        (".mk", ".mak", ".make"),
        ("Makefile", "makefile", "GNUmakefile", "Kbuild"),
        ("make",),
        wheel="make",
        definition_hint=definition_hints.MAKE,
        preprocess=preprocess.make,
        content="data",
    ),
    Language(
        "Dockerfile", (".dockerfile",), ("Dockerfile", "Containerfile"), wheel="containerfile", content="data"
    ),
)

_FURTHER = (
    Language("SQL", (".sql",), wheel="sql", extra=True),
    Language("HCL", (".tf", ".hcl", ".tfvars"), wheel="hcl", extra=True),
    OBJECTIVE_C,
    Language(
        "Kotlin", (".kt", ".kts"), (), ("kotlin",), wheel="kotlin", extra=True, preprocess=newer_syntax.kotlin
    ),
    Language("Swift", (".swift",), (), ("swift",), wheel="swift", extra=True),
    Language("Scala", (".scala", ".sc", ".sbt"), (), ("scala",), wheel="scala", extra=True),
    Language("Dart", (".dart",), (), ("dart",), wheel="dart", extra=True),
    Language("Groovy", (".groovy", ".gradle"), ("Jenkinsfile",), ("groovy",), wheel="groovy", extra=True),
    Language("Lua", (".lua", ".rockspec"), (), ("lua", "luajit"), wheel="lua", extra=True),
    Language(
        "OCaml",
        (".ml",),
        (),
        ("ocaml",),
        wheel="ocaml",
        extra=True,
        function="language_ocaml",
        queries=("ocaml", "ocaml_values"),
    ),
    Language("OCaml interface", (".mli",), wheel="ocaml", extra=True, function="language_ocaml_interface"),
    Language("Elixir", (".ex", ".exs"), ("mix.lock",), ("elixir",), wheel="elixir", extra=True),
    Language(
        "Fortran",
        (".f90", ".f95", ".f03", ".f08", ".f", ".for", ".ftn", ".fpp"),
        wheel="fortran",
        extra=True,
    ),
    Language("Solidity", (".sol",), wheel="solidity", extra=True),
    Language("Haskell", (".hs",), (), ("runhaskell", "runghc"), wheel="haskell", extra=True),
    Language("Zig", (".zig", ".zon"), wheel="zig", extra=True),
    Language("Julia", (".jl",), (), ("julia",), wheel="julia", extra=True),
    Language("PowerShell", (".ps1", ".psm1", ".psd1"), (), ("pwsh",), wheel="powershell", extra=True),
    Language("Nix", (".nix",), wheel="nix", extra=True),
    Language("Perl", (".pl", ".pm", ".t"), (), ("perl",), wheel="perl", extra=True),
)

_NOT_PARSED = (
    Language("reStructuredText", (".rst",), content="prose"),
    Language("Text", (".txt", ".text"), content="prose"),
    Language(
        "INI", (".ini", ".cfg", ".conf", ".properties"), (".editorconfig", ".gitconfig"), content="data"
    ),
    Language("XML", (".xml", ".xsd", ".xsl", ".xslt", ".svg", ".csproj", ".plist"), content="data"),
    Language("SCSS", (".scss", ".sass", ".less"), content="data"),
    Language("Jupyter notebook", (".ipynb",)),
    Language("R", (".r",), (), ("rscript",)),
    Language("Erlang", (".erl", ".hrl"), (), ("escript",)),
    Language("Clojure", (".clj", ".cljs", ".cljc")),
    Language("Assembly", (".s", ".asm")),
    Language("Device Tree", (".dts", ".dtsi"), content="data"),
    Language("Protocol Buffers", (".proto",), content="data"),
    Language("GraphQL", (".graphql", ".gql"), content="data"),
    Language("CMake", (".cmake",), ("CMakeLists.txt",)),
)

LANGUAGES: tuple[Language, ...] = (*_CORE, *_DATA, *_FURTHER, *_NOT_PARSED)

_BY_EXTENSION = {extension: language for language in LANGUAGES for extension in language.extensions}
_BY_FILENAME = {name: language for language in LANGUAGES for name in language.filenames}
_BY_INTERPRETER = {name: language for language in LANGUAGES for name in language.interpreters}
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?([\w.+-]+)(?:\s+(?:-\S+\s+|\w+=\S*\s+)*([\w.+-]+))?")
_CPP_HEADER = (
    rb"^[ \t]*(?:class\s+\w+[^;(]*[{:]|namespace\b|template\s*<|using\s+\w+"
    rb"|(?:public|private|protected)\s*:"
    # What is for C++ alone, unless that is `extern "C"`.
    rb"|#[ \t]*if(?:def[ \t]+|[ \t]+defined[ \t]*\(?[ \t]*)__cplusplus\b[^\n]*\n"
    rb"(?:[ \t]*(?://[^\n]*)?\n)*[ \t]*[A-DF-Za-df-z_~])"
)
_OBJECTIVE_C_HEADER = rb"^(?:@(?:interface|protocol|class|import)\b|#import\b)"
_CPP = re.compile(_CPP_HEADER, re.MULTILINE)
_OBJECTIVE_C = re.compile(_OBJECTIVE_C_HEADER, re.MULTILINE)
# What a header of another language than C has, by which `of_source` knows it.
OTHER_HEADER = f"{_CPP_HEADER.decode()}|{_OBJECTIVE_C_HEADER.decode()}"
HEADER = (".h", ".H")


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
        # `Dockerfile.dev` is a Dockerfile, `Makefile.md` is not a Makefile.
        return _BY_EXTENSION.get(f".{extension.lower()}") or _BY_FILENAME.get(name.partition(".")[0])
    if first_line.startswith("#!") and (shebang := _SHEBANG.match(first_line)):
        program = shebang[2] if shebang[1] == "env" and shebang[2] else shebang[1]
        return _BY_INTERPRETER.get(program.rstrip("0123456789.").lower())
    return None


def of_source(path: str, source: bytes) -> Language | None:
    """Returns the language of a file whose text is at hand.

    Sharper than `detect`: a `.h` file is Objective-C or C++ where it has what only these have, such as
    `@interface`, classes, namespaces, templates or access labels, else C. (The C++ grammar would do for
    most C, but it is slower, and it fails on C that uses `class`, `new` or `template` as names.)
    """
    language = detect(path, source[:200].partition(b"\n")[0].decode("utf-8", "ignore"))
    if language is C and path.endswith(HEADER):
        if _OBJECTIVE_C.search(source):
            return OBJECTIVE_C
        return CPP if _CPP.search(source) else C
    return language


def preload() -> None:
    """Loads every grammar that is installed, so that nothing is read from disk later.

    Queries are compiled when they are needed: that takes no file, and most workspaces need few of them.
    """
    for language in LANGUAGES:
        if language.parsable:
            _ = language.definition_query_source, language.uses_query_source, language.types_query_source
