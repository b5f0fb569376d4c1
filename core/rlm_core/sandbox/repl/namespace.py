"""Namespace of a program, as it finds it: `context`, the host's functions, and the ways to finish."""

from __future__ import annotations

import inspect
from contextlib import suppress
from json import JSONEncoder
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox.repl.function_proxies import as_builtin
from rlm_core.sandbox.wire import MAX_ANSWER
from rlm_core.wording import pluralize, truncate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_MAX_VARIABLES = 500
_MAX_NAME = 100
_SUMMARY = 60
_to_json = JSONEncoder(indent=2, ensure_ascii=False).encode  # bound before a program can patch `json`
_SCALARS = (int, float, bool, complex, type(None))
# What a program is made of, as against what it works on.
_CODE = (ModuleType, FunctionType, BuiltinFunctionType, type)
_CONTAINERS = (str, bytes, bytearray, list, tuple, dict, set, frozenset)
# A program's metaclass may say what it likes, or raise, where one asks a class for `__name__` or compares it.
_name_of: Callable[[type], str] = type.__dict__["__name__"].__get__


class UnquotedStr(str):
    """Text whose echo is the text itself, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Namespace:
    """Puts the names in place, and puts them back when a cell has overwritten them.

    Args:
        program_globals: where the names go.
        context: the value of `context`.
        functions: the host's functions by name.
    """

    def __init__(
        self, program_globals: dict[str, Any], context: Any, functions: Mapping[str, Callable[..., Any]]
    ) -> None:
        self._globals = program_globals
        self.final: str | None = None
        self._marked: dict[str, tuple[int, str]] = {}
        self._fixed: dict[str, Any] = {
            "context": context,
            **functions,
            **{
                name: as_builtin(method, name, inspect.signature(method), inspect.getdoc(method))
                for name, method in (
                    ("SHOW_VARS", self._show_vars),
                    ("FINAL", self._final),
                    ("FINAL_VAR", self._final_var),
                )
            },
        }
        self.restore()

    def restore(self) -> None:
        """Puts back every fixed name, and `answer` if there is none."""
        self._globals.update(self._fixed)
        self._globals.setdefault("answer", _no_answer())

    def take_answer(self) -> None:
        """Finishes if the program has set `answer["ready"]`; an `answer` of any other kind is its own."""
        answer = self._globals.get("answer")
        if isinstance(answer, dict) and answer.get("ready"):
            self._finish(answer.get("content"))
            self._globals["answer"] = {**answer, "ready": False}

    def own(self) -> list[tuple[str, Any]]:
        """Returns name and value of what the program has defined, in the order of definition."""
        return [(name, value) for name, value in list(self._globals.items()) if self._is_own(name, value)]

    def variables(self) -> list[tuple[str, str, str]]:
        """Returns name, type and summary of what the program has defined, in the order of definition."""
        own = self.own()
        rows = [
            (name[:_MAX_NAME], type_name(value)[:_MAX_NAME], summary(value))
            for name, value in own[:_MAX_VARIABLES]
        ]
        if len(own) > len(rows):
            rows.append(("…", "", f"and {len(own) - len(rows):,} more"))
        return rows

    def mark(self) -> None:
        """Remembers what there is, for `changed`."""
        self._marked = {name: (id(value), summary(value)) for name, value in self.own()}

    def changed(self, but: Collection[str]) -> list[str]:
        """Returns the names of data that is new or other since `mark`, without some names."""
        return [
            name[:_MAX_NAME]
            for name, value in self.own()[:_MAX_VARIABLES]
            if name not in but
            and self._marked.get(name) != (id(value), summary(value))
            and not issubclass(type(value), _CODE)
        ]

    def lookup(self, name: str) -> Any:
        """Returns the value of a name that the program has defined.

        Raises:
            NameError: there is none; lists those there are.
        """
        if name in self._globals and not name.startswith("__"):
            return self._globals[name]
        names = ", ".join(row[0] for row in self.variables()) or "none yet"
        raise NameError(f"There is no variable {name!r}; there are: {names}.")

    def _is_own(self, name: object, value: object) -> bool:
        if type(name) is not str or name in self._fixed or name.startswith("__"):
            return False
        return name != "answer" or type(value) is not dict or value.keys() != _no_answer().keys()

    def _show_vars(self) -> str:
        """Returns the variables defined so far, with type and size."""
        rows = self.variables()
        if not rows:
            return UnquotedStr("No variables yet.")
        return UnquotedStr("\n".join(f"{name}: {kind} {note}".rstrip() for name, kind, note in rows))

    def _final(self, value: Any) -> None:
        """Finishes with this value as the answer. The cell runs on to its end; the last call counts."""
        self._finish(value)

    def _final_var(self, name: Any) -> None:
        """Finishes with the value of the variable of that name as the answer."""
        named = isinstance(name, str) and name.strip().isidentifier()
        self._finish(self.lookup(name.strip()) if named else name)

    def _finish(self, value: Any) -> None:
        self.final = text_of(value)


def text_of(value: Any) -> str:
    """Returns a value as an answer: text as it is, lists and dicts indented, anything else its `repr`.

    Raises:
        ValueError: longer than any answer can be.
    """
    text = _text_of(value)
    # What is far too long is not copied to find out by how much.
    size = len(text) if len(text) > MAX_ANSWER else len(str.encode(text, "utf-8", "surrogatepass"))
    if size > MAX_ANSWER:
        raise ValueError(
            f"An answer of {len(text):,} characters is too long: it may have {MAX_ANSWER:,} bytes in UTF-8. "
            "Shorten it, or print what it has in parts."
        )
    return text


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (dict, list, tuple)):
        with suppress(TypeError, ValueError, RecursionError):
            return _to_json(value)
    return repr(value)


def type_name(value: Any) -> str:
    """Returns the name of a value's type, without running any code of the program."""
    return _name_of(type(value))


def summary(value: Any) -> str:
    """Returns a few characters about a value, without running any code of the program."""
    kind = type(value)
    if any(kind is scalar for scalar in _SCALARS):
        return (
            truncate(repr(value), _SUMMARY) if kind is not int or value.bit_length() < 1000 else "very large"
        )
    if kind is str:
        return f"{pluralize(len(value), 'char')}: {truncate(repr(value[:_SUMMARY]), _SUMMARY)}"
    if any(kind is container for container in _CONTAINERS):
        return pluralize(len(value), "item")
    for base in (list, dict, str):
        if issubclass(kind, base):
            return pluralize(base.__len__(value), "char" if base is str else "item")
    return ""


def _no_answer() -> dict[str, Any]:
    return {"content": "", "ready": False}
