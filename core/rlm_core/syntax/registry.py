"""The languages we know: one record each."""

from __future__ import annotations

from rlm_core.syntax import definition_hints, preprocess
from rlm_core.syntax.language import Language

C = Language("C", (".c", ".h"), wheel="c", hint=definition_hints.C, noise=preprocess.c)
CPP = Language(
    "C++",
    (".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".tpp", ".inl", ".cu", ".cuh"),
    wheel="cpp",
    queries=("c", "cpp"),
    noise=preprocess.c,
)
OBJECTIVE_C = Language(
    "Objective-C",
    (".m", ".mm"),
    wheel="objc",
    extra=True,
    queries=("c", "objc"),
    noise=preprocess.objective_c,
)

_CORE = (
    Language(
        "Python",
        (".py", ".pyi", ".pyw"),
        ("SConstruct", "SConscript", "wscript"),
        ("python", "pypy"),
        wheel="python",
        hint=definition_hints.PYTHON,
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
    ),
    Language(
        "TSX",
        (".tsx",),
        wheel="typescript",
        function="language_tsx",
        queries=("javascript", "typescript"),
    ),
    Language("Go", (".go",), wheel="go", hint=definition_hints.GO),
    Language("Rust", (".rs",), (), ("rust-script",), wheel="rust", hint=definition_hints.RUST),
    Language("Java", (".java",), wheel="java"),
    C,
    CPP,
    Language("C#", (".cs", ".csx"), wheel="c-sharp"),
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
        "Markdown", (".md", ".markdown", ".mdx"), wheel="markdown", hint=definition_hints.MARKDOWN, prose=True
    ),
    Language(
        "JSON",
        (".json", ".jsonc", ".json5", ".geojson", ".webmanifest"),
        wheel="json",
        hint=definition_hints.JSON,
    ),
    Language("YAML", (".yml", ".yaml"), wheel="yaml", hint=definition_hints.YAML, noise=preprocess.yaml),
    Language(
        "TOML",
        (".toml",),
        ("Pipfile", "Cargo.lock", "poetry.lock", "uv.lock"),
        wheel="toml",
        hint=definition_hints.TOML,
    ),
    Language("HTML", (".html", ".htm", ".xhtml"), wheel="html", hint=definition_hints.HTML),
    Language("CSS", (".css",), wheel="css"),
    Language(
        "Make",
        (".mk", ".mak", ".make"),
        ("Makefile", "makefile", "GNUmakefile", "Kbuild"),
        ("make",),
        wheel="make",
        hint=definition_hints.MAKE,
    ),
    Language("Dockerfile", (".dockerfile",), ("Dockerfile", "Containerfile"), wheel="containerfile"),
)

_FURTHER = (
    Language("SQL", (".sql",), wheel="sql", extra=True),
    Language("HCL", (".tf", ".hcl", ".tfvars"), wheel="hcl", extra=True),
    OBJECTIVE_C,
    Language("Kotlin", (".kt", ".kts"), (), ("kotlin",), wheel="kotlin", extra=True),
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
    Language("reStructuredText", (".rst",)),
    Language("Text", (".txt", ".text")),
    Language("INI", (".ini", ".cfg", ".conf", ".properties"), (".editorconfig", ".gitconfig")),
    Language("XML", (".xml", ".xsd", ".xsl", ".xslt", ".svg", ".csproj", ".plist")),
    Language("SCSS", (".scss", ".sass", ".less")),
    Language("Vue", (".vue",)),
    Language("Svelte", (".svelte",)),
    Language("R", (".r",), (), ("rscript",)),
    Language("Erlang", (".erl", ".hrl"), (), ("escript",)),
    Language("Clojure", (".clj", ".cljs", ".cljc")),
    Language("Assembly", (".s", ".asm")),
    Language("Device Tree", (".dts", ".dtsi")),
    Language("Protocol Buffers", (".proto",)),
    Language("GraphQL", (".graphql", ".gql")),
    Language("CMake", (".cmake",), ("CMakeLists.txt",)),
)

LANGUAGES: tuple[Language, ...] = (*_CORE, *_DATA, *_FURTHER, *_NOT_PARSED)
