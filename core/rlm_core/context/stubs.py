"""Stubs: stand-ins for modules that a repository's code imports and that are not there.

What is made of them at import works: names, calls, base classes, decorators, annotations. Whatever needs a
value raises, since with one that is made up the code would do what it does not.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from types import MethodType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FunctionType

_VALUES = """
len iter next int float index complex str bytes format contains reversed enter exit aenter aiter await
lt le gt ge add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul neg abs
""".split()  # noqa: SIM905 - one name a line would be fifty lines


class StubModule(ModuleType):
    """A module that has every name.

    Args:
        name: as it is imported.
        values: what it has under some names.
        note_use: told of each other name that is taken from it: `requests.get`.
    """

    def __init__(self, name: str, values: Mapping[str, Any], note_use: Callable[[str], None]) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # anything may be imported from below it
        self.__note_use = note_use
        vars(self).update(values)

    def __getattr__(self, name: str) -> Any:
        full_name = f"{self.__name__}.{name}"
        if full_name in sys.modules:
            return sys.modules[full_name]
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"{full_name}: {self.__name__} is a stub")
        self.__note_use(full_name)
        value = Stub(self.__name__, name)
        setattr(self, name, value)
        return value


class Stub:
    """What a stub has under any name: as a decorator it changes nothing, as a base class it is empty.

    Args:
        module: the module that it was taken from.
        path: names and calls that led to it there: `Session().get`.
    """

    def __new__(cls, module: str, path: str) -> Stub:
        """One of a type of its own, which errors name that know no more of it than its type."""
        return object.__new__(type(f"stub {module}.{path}", (cls,), {}))

    def __init__(self, module: str, path: str) -> None:
        self.__module__ = module
        self.__qualname__ = path
        self.__name__ = path.rpartition(".")[2]
        self.__base: type | None = None

    def __getattr__(self, name: str) -> Stub:
        if name.startswith("__"):
            raise AttributeError(f"{self!r} has no {name}")
        value = self.__further(f".{name}")
        setattr(self, name, value)
        return value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What a decorator leaves of a function or a class, which is all of it; else another stub."""
        if len(args) == 1 and not kwargs:
            if inspect.isclass(args[0]):
                return args[0]
            if inspect.isfunction(args[0]):
                return _Decorated(args[0], self)
        return self.__further("()")

    def __bool__(self) -> bool:
        """True where the standard library asks, which means: whether anything was given at all."""
        return _asked_by_library() or _refuse(self)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same, where the standard library asks: `typing` looks for what is special."""
        return self is other or (False if _asked_by_library() else _refuse(self))

    __hash__ = object.__hash__

    def __getitem__(self, _key: object) -> Stub:
        return self.__further("[]")

    def __setitem__(self, _key: object, _value: object) -> None:
        """Registers something, which nobody will look for."""

    def __or__(self, _other: object) -> Stub:
        return self

    __ror__ = __or__

    def __mro_entries__(self, _bases: object) -> tuple[type]:
        if self.__base is None:
            self.__base = type(self.__name__, (_StubBase,), {"__module__": self.__module__, "_stub": self})
        return (self.__base,)

    def __instancecheck__(self, value: object) -> bool:
        return self.__base is not None and isinstance(value, self.__base)

    def __subclasscheck__(self, kind: type) -> bool:
        return self.__base is not None and issubclass(kind, self.__base)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __further(self, what: str) -> Stub:
        return Stub(self.__module__, self.__qualname__ + what)


class _Decorated:
    """A function behind a decorator that is a stub: to be called, and with whatever else that may give it."""

    def __init__(self, function: FunctionType, decorator: Stub) -> None:
        functools.update_wrapper(self, function)
        self.__decorator = decorator

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls it as if it were not decorated."""
        return self.__wrapped__(*args, **kwargs)

    def __get__(self, owner: object, kind: type) -> Any:
        return self if owner is None else MethodType(self, owner)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__decorator, name)


class _StubBase:
    """What a stub is as a base class."""

    _stub: Stub

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __init_subclass__(cls, **_kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)

    def __class_getitem__(cls, _key: object) -> type:
        return cls


def _asked_by_library() -> bool:
    name: str = sys._getframe(2).f_globals.get("__name__", "")
    return name.partition(".")[0] in sys.stdlib_module_names


def _refuse(stub: Stub, *_args: Any, **_kwargs: Any) -> NoReturn:
    name = re.split(r"\W", stub.__qualname__)[0]
    raise QueryError(
        f"{stub!r} has no value, and the code needs one. Give it: "
        f'stubs={{"{stub.__module__}": {{"{name}": …}}}}; all other names stay stubs.'
    )


for _name in _VALUES:
    setattr(Stub, f"__{_name}__", _refuse)
