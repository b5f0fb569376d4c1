"""Module loader: `context.load`, an importer of the repository's own Python code, in the program's process.

The code is as hostile as the program itself and has no more rights. None of it runs unless it was asked for,
and all that ran is told.
"""

from __future__ import annotations

import linecache
import posixpath
import sys
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING, Any

from rlm_core.context.stubs import StubModule
from rlm_core.context.suggest import close_matches, did_you_mean
from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType, ModuleType

    from rlm_core.context.context import Context

    Stubs = str | Iterable[str] | Mapping[str, Any] | None

# Where a package's folder lies as a rule; elsewhere only one of its name may be meant.
_SOURCE_FOLDERS = ("", "src/", "lib/", "python/")
_NAMED_PATHS = 5


class ModuleLoader(MetaPathFinder, Loader):
    """Finds and loads modules in the files of one context.

    Args:
        context: has the files.

    Attributes:
        ran: modules whose code was run, since somebody looked last.
        stubbed: what was taken from stubs since then.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._roots: list[str] = []
        self._tops: dict[str, str] = {}  # top-level modules that were loaded, and the root of each
        # By module: a dict has some of its names, all else stands in for it.
        self._stubs: dict[str, Any] = {}
        self.ran: list[str] = []
        self.stubbed: list[str] = []

    def load(self, name: str, stubs: Stubs) -> ModuleType:
        """Returns a module, run with all that it imports.

        Args:
            name: of the module, or the path of its file.
            stubs: names of modules to be stood in for, or what is to stand in for each.

        Raises:
            QueryError: no such module in the context, or its name is one of the sandbox's own.
            ModuleNotFoundError: what it imports is not there.
        """
        root, dotted = self._located(str(name))
        self._set_stubs(stubs)
        top = dotted.partition(".")[0]
        taken = sys.modules.get(top)
        if taken is not None and not self._is_own(taken):
            raise QueryError(f"{top} is a module of the sandbox itself, so the context's cannot be loaded.")
        if self._tops.setdefault(top, root) != root:  # another package of that name
            self._forget(lambda module, _: module.partition(".")[0] == top)
            self._tops[top] = root
        self._roots = list(dict.fromkeys([root, *self._roots]))
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)
        try:
            __import__(dotted)
        except ModuleNotFoundError as error:
            self._advise(error)
            raise
        return sys.modules[dotted]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Finds stubs, and what is in the context below a root from which something was loaded."""
        parent, _, last = name.rpartition(".")
        if self._is_stub(name):
            return ModuleSpec(name, self, is_package=True)
        if parent and not self._is_own(sys.modules.get(parent)):
            return None
        for folder in self._roots if path is None else path:
            base = posixpath.join(folder, last)
            if spec := self._spec(name, base):
                return spec
        if any(stub.startswith(f"{name}.") for stub in self._stubs):
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Makes a stub; leaves it to Python to make any other module."""
        if spec.origin or spec.loader_state:
            return None
        return StubModule(spec.name, self._stubs.get(spec.name) or {}, self.stubbed.append)

    def exec_module(self, module: ModuleType) -> None:
        """Runs a module's code, as that of a program: with its `print` and without files."""
        spec = module.__spec__
        if spec is not None and spec.origin:
            self.ran.append(module.__name__)
            # No folder is the current one, so that nobody could make a path absolute that is not.
            module.__file__ = f"/{spec.origin}"
            module.__dict__["__builtins__"] = sys.modules["builtins"]
            exec(self._code(spec.origin), module.__dict__)  # noqa: S102 - what was asked for, in the sandbox
        for name, value in self._stubs.items():
            parent, _, last = name.rpartition(".")
            if parent == module.__name__ and type(value) is not dict:
                setattr(module, last, value)

    def get_data(self, path: str) -> bytes:
        """What `pkgutil.get_data` gives: a file of the context."""
        try:
            return self._context[posixpath.normpath(path)].encode()
        except QueryError as error:
            raise FileNotFoundError(str(error)) from None

    def _code(self, path: str) -> CodeType:
        """The code of a module; tracebacks and `inspect` show its lines."""
        source = self._context[path]
        lines = [f"{line}\n" for line in source.split("\n")]
        for name in (path, f"/{path}"):
            linecache.cache[name] = (len(source), None, lines, name)
        code: CodeType = compile(source, path, "exec", dont_inherit=True)
        return code

    @cached_property
    def _paths(self) -> Sequence[str]:
        return self._context._snapshot.paths

    @cached_property
    def _files(self) -> set[str]:
        return set(self._paths)

    @cached_property
    def _folders(self) -> set[str]:
        """The folders that have a module somewhere below them."""
        found: set[str] = set()
        for folder in {posixpath.dirname(path) for path in self._paths if path.endswith(".py")}:
            above = folder
            while above and above not in found:
                found.add(above)
                above = posixpath.dirname(above)
        return found

    def _spec(self, name: str, base: str) -> ModuleSpec | None:
        """What a module is whose path begins so; a folder without `__init__.py` is a namespace package."""
        if f"{base}/__init__.py" in self._files:
            spec = ModuleSpec(name, self, origin=f"{base}/__init__.py", is_package=True)
        elif f"{base}.py" in self._files:
            spec = ModuleSpec(name, self, origin=f"{base}.py")
        elif base in self._folders:
            spec = ModuleSpec(name, self, loader_state="namespace", is_package=True)
        else:
            return None
        spec.has_location = spec.origin is not None
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(base)
        return spec

    def _located(self, name: str) -> tuple[str, str]:
        """Where a module's top-level package lies, and the module's whole name."""
        if "/" in name or name.endswith(".py"):
            path = name.removeprefix("./")
            if path not in self._files:
                self._context[path]  # raises, and says what comes near
            return self._of_file(path)
        if not all(part.isidentifier() for part in name.split(".")):
            raise QueryError(f"{name!r} is neither the name of a module, as a.b, nor a path of the context.")
        roots = self._roots_with(name)
        if not roots:
            why = self._left_out(name) or [did_you_mean(close_matches(name, self._module_names(), 3))]
            raise QueryError(f"There is no module {name} in the context. {' '.join(why)}".rstrip())
        usual = [root for root in (*self._roots, *_SOURCE_FOLDERS) if root in roots]
        if not usual and len(roots) > 1:
            named = ", ".join(sorted(roots.values())[:_NAMED_PATHS])
            raise QueryError(f"{name} could be any of {named}: load one of these paths.")
        return next(iter(usual or roots)), name

    def _roots_with(self, name: str) -> dict[str, str]:
        """The folders below which there is a module of that name, and its file in each."""
        tail = name.replace(".", "/")
        found: dict[str, str] = {}
        for path in self._paths:
            for end in (f"{tail}.py", f"{tail}/__init__.py"):
                root = path.removesuffix(end)
                if root != path and root[-1:] in {"", "/"} and f"{root}__init__.py" not in self._files:
                    found[root] = path
        return found

    def _left_out(self, name: str) -> list[str]:
        """Sentences about files that are the module's and are no part of the context."""
        ends = (f"{name.replace('.', '/')}.py", f"{name.replace('.', '/')}/__init__.py")
        return [
            f"{item.path} is not part of the context: {item.reason}."
            for item in self._context.skipped
            if item.path.endswith(ends)
        ][:_NAMED_PATHS]

    def _module_names(self) -> Iterator[str]:
        return (self._of_file(path)[1] for path in self._paths if path.endswith(".py"))

    def _of_file(self, path: str) -> tuple[str, str]:
        """The folder of the outermost package around a file (with `/` behind it), and the module's name."""
        folder, file = posixpath.split(path)
        parts = [] if file == "__init__.py" else [file.partition(".")[0]]
        while folder and f"{folder}/__init__.py" in self._files:
            folder, last = posixpath.split(folder)
            parts.insert(0, last)
        return f"{folder}/" if folder else "", ".".join(parts)

    def _is_own(self, module: ModuleType | None) -> bool:
        return getattr(getattr(module, "__spec__", None), "loader", None) is self

    def _is_stub(self, name: str) -> bool:
        return any(
            f"{name}.".startswith(f"{stub}.") for stub, given in self._stubs.items() if type(given) is dict
        )

    def _set_stubs(self, stubs: Stubs) -> None:
        """Puts stubs in force; with others than before everything is loaded anew."""
        given = _named(stubs)
        if stubs is None or given == self._stubs:
            return
        for name in given:
            module = sys.modules.get(name)
            if module is not None and not self._is_own(module) and name not in self._stubs:
                raise QueryError(f"{name} is there already; stubs are for modules that are not.")
        self._forget(lambda name, module: self._is_own(module) or module is self._stubs.get(name, self))
        self._stubs = given
        sys.modules.update({name: value for name, value in given.items() if type(value) is not dict})

    def _forget(self, which: Callable[[str, ModuleType], bool]) -> None:
        for name, module in list(sys.modules.items()):
            if which(name, module):
                del sys.modules[name]

    def _advise(self, error: ModuleNotFoundError) -> None:
        """Says what to do about a module that is missing."""
        if isinstance(error, PackageNotFoundError):
            error.add_note("Nothing is installed; importlib.metadata.version = lambda name: '1.0' says so.")
            return
        name = error.name or ""
        place = f"/{name.replace('.', '/')}"
        named = [
            path for path in self._paths if f"{place}." in f"/{path}" or f"{place}/__init__." in f"/{path}"
        ]
        named += [path for path in self._paths if f"{place}/" in f"/{path}" and path.endswith(".py")][:1]
        if named:
            error.add_note(
                f"The context has {', '.join(named[:_NAMED_PATHS])}: load it first, if it is meant."
            )
        for why in self._left_out(name):
            error.add_note(why)
        error.add_note(f"context.load(…, stubs=[{name!r}]) has a stub stand in for it.")


def _named(stubs: Stubs) -> dict[str, Any]:
    """What is to stand in for each module."""
    if stubs is None:
        return {}
    if isinstance(stubs, Mapping):
        return {str(name): {} if value is None else value for name, value in stubs.items()}
    return {str(name): {} for name in ([stubs] if isinstance(stubs, str) else stubs)}
