"""Language: how its files are recognised, and with what they are parsed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import tree_sitter

EXTRA = "languages"
_QUERIES = resources.files("rlm_core.syntax") / "queries"
_JSX = "jsx_opening_element"
_CAPSULE_NAME = b"tree_sitter.Language"


@dataclass(frozen=True)
class Language:
    """A language, how its files are recognised and, if it can be parsed, with what.

    Attributes:
        name: what people call it.
        extensions: lower-case file extensions with their dot.
        filenames: whole file names.
        interpreters: programs in a `#!` line, without a version.
        wheel: `tree-sitter-WHEEL` has the grammar; empty when there is none that files could be parsed with.
        extra: the wheel comes only with our extra `languages`.
        function: the function of the wheel that gives the grammar.
        queries: files in `queries/`, joined: a grammar that extends another one extends its query too.
            Without any, it is the file that is called like the wheel.
        definition_hint: RE2 expression for lines that may define NAME; a file without such a line is not
            parsed to find it.
        preprocess: rewrites what the grammar trips over; nothing in the text moves.
        content: what its files hold: there may be calls in code alone, and prose is for people.
    """

    name: str
    extensions: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    wheel: str = ""
    extra: bool = False
    function: str = "language"
    queries: tuple[str, ...] = ()
    definition_hint: str = ""
    preprocess: Callable[[bytes], bytes] | None = None
    content: Literal["code", "data", "prose"] = "code"

    @cached_property
    def parsable(self) -> bool:
        """Whether there is a grammar, and it is installed."""
        if not self.wheel:
            return False
        try:
            _ = self.grammar
        except ModuleNotFoundError:
            return False
        return True

    @property
    def why_unparsed(self) -> str:
        """Why files are not parsed; empty when they are."""
        if self.parsable:
            return ""
        if not self.wheel:
            return f"{self.name} is not parsed"
        return f"{self.name} is parsed only where its grammar is installed (rlm-mcp[{EXTRA}])"

    @cached_property
    def grammar(self) -> tree_sitter.Language:
        """The grammar, loaded on first use.

        Raises:
            ModuleNotFoundError: the wheel is not installed.
        """
        import tree_sitter  # where something is to be parsed: the server knows languages, but parses nothing

        module = importlib.import_module(f"tree_sitter_{self.wheel.replace('-', '_')}")
        return tree_sitter.Language(_capsule(getattr(module, self.function)()))

    @property
    def query_names(self) -> tuple[str, ...]:
        """The files in `queries/` without their ending."""
        return self.queries or (self.wheel.replace("-", "_"),)

    @cached_property
    def definition_query_source(self) -> str:
        """The query for definitions, read on first use."""
        return "\n".join((_QUERIES / f"{name}.scm").read_text("utf-8") for name in self.query_names)

    @cached_property
    def definition_query(self) -> tree_sitter.Query:
        """The query for definitions, compiled on first use: that takes longer than to load the grammar."""
        import tree_sitter

        return tree_sitter.Query(self.grammar, self.definition_query_source)

    @cached_property
    def uses_query_source(self) -> str:
        """The query for calls and imports, read on first use; empty where nobody has written one."""
        names = [*self.query_names, *(["jsx"] if self.grammar.id_for_node_kind(_JSX, True) else [])]
        files = [file for name in names if (file := _QUERIES / f"{name}_uses.scm").is_file()]
        return "\n".join(file.read_text("utf-8") for file in files)

    @cached_property
    def uses_query(self) -> tree_sitter.Query | None:
        """The query for calls and imports, compiled on first use."""
        import tree_sitter

        return tree_sitter.Query(self.grammar, self.uses_query_source) if self.uses_query_source else None

    @cached_property
    def imports_query(self) -> tree_sitter.Query | None:
        """The query for uses without its patterns for calls, which match many times as often."""
        import tree_sitter

        if not self.uses_query_source:
            return None
        query = tree_sitter.Query(self.grammar, self.uses_query_source)
        text = self.uses_query_source.encode()
        for number in range(query.pattern_count):
            pattern = text[query.start_byte_for_pattern(number) : query.end_byte_for_pattern(number)]
            if b"@import" not in pattern and b"@around" not in pattern:
                query.disable_pattern(number)
        return query

    @cached_property
    def types_query_source(self) -> str:
        """The query for types and their bases, read on first use; empty where nobody has written one."""
        files = [_QUERIES / f"{name}_types.scm" for name in self.query_names]
        return "\n".join(file.read_text("utf-8") for file in files if file.is_file())

    @cached_property
    def types_query(self) -> tree_sitter.Query | None:
        """The query for types and their bases, compiled on first use."""
        import tree_sitter

        return tree_sitter.Query(self.grammar, self.types_query_source) if self.types_query_source else None


def _capsule(language: Any) -> Any:
    """What a wheel gives for its grammar, as what tree-sitter takes: older wheels give a plain address."""
    if not isinstance(language, int):
        return language
    import ctypes  # what older wheels need, and not every Python has

    make = ctypes.pythonapi.PyCapsule_New
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return make(language, _CAPSULE_NAME, None)
