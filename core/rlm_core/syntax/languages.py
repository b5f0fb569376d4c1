"""Which language a file is in."""

from __future__ import annotations

import re

from rlm_core.syntax.language import Language
from rlm_core.syntax.registry import CPP, LANGUAGES, OBJECTIVE_C, C

__all__ = ["LANGUAGES", "Language", "detect", "of_source", "preload"]

_BY_EXTENSION = {extension: language for language in LANGUAGES for extension in language.extensions}
_BY_FILENAME = {name: language for language in LANGUAGES for name in language.filenames}
_BY_INTERPRETER = {name: language for language in LANGUAGES for name in language.interpreters}
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?([\w.+-]+)(?:\s+(?:-\S+\s+|\w+=\S*\s+)*([\w.+-]+))?")
_CPP_HEADER = re.compile(
    rb"^[ \t]*(?:class\s+\w+[^;(]*[{:]|namespace\b|template\s*<|using\s+\w+"
    rb"|(?:public|private|protected)\s*:)",
    re.MULTILINE,
)
_OBJECTIVE_C_HEADER = re.compile(rb"^(?:@(?:interface|protocol|class|import)\b|#import\b)", re.MULTILINE)


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
    if language is C and path.endswith((".h", ".H")):
        if _OBJECTIVE_C_HEADER.search(source):
            return OBJECTIVE_C
        return CPP if _CPP_HEADER.search(source) else C
    return language


def preload() -> None:
    """Loads every grammar that is installed, so that nothing is read from disk later.

    Queries are compiled when they are needed: that takes no file, and most workspaces need few of them.
    """
    for language in LANGUAGES:
        if language.parsable:
            _ = language.query_source, language.uses_source
