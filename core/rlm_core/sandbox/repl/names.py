"""Names of a cell: which it reads, which it binds, and which are only there for a loop.

By syntax, and on the safe side: a cell is rather taken to read a name, or to change one, than not.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Delete, ast.Return, ast.Assert, ast.Raise)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Methods that change what they are called on.
_CHANGING = frozenset(
    "add append clear discard extend insert pop popitem remove reverse setdefault sort update".split()  # noqa: SIM905
)

_Position = tuple[int, int]


def read(statements: Iterable[ast.stmt]) -> set[str]:
    """Returns the names that statements read and have not bound themselves before."""
    found: set[str] = set()
    own: set[str] = set()
    for statement in statements:
        loads, stores, inner = _uses(statement)
        for name, position in loads.items():
            earlier = not isinstance(statement, _SIMPLE) and stores.get(name, position) < position
            if name not in own and name not in inner and not earlier:
                found.add(name)
        own.update(bound([statement]))
    return found


def bound(statements: Iterable[ast.stmt]) -> set[str]:
    """Returns the names that statements bind or change outside of functions and classes."""
    found: set[str] = set()
    for node in _outside_scopes(statements):
        found.update(_stored(node))
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                found.update(_base(node))
            case ast.Call(func=ast.Attribute(attr=attribute)) if attribute in _CHANGING:
                found.update(_base(node.func))
    return found


def of_loops(statements: Iterable[ast.stmt]) -> set[str]:
    """Returns the names that are bound by loops, `with` and `except` alone."""
    looping: set[str] = set()
    other: set[str] = set()
    for node in _outside_scopes(statements):
        targets: list[ast.expr | None] = []
        match node:
            case ast.For() | ast.AsyncFor():
                targets = [node.target]
            case ast.With() | ast.AsyncWith():
                targets = [item.optional_vars for item in node.items]
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr():
                stores = node.targets if isinstance(node, ast.Assign) else [node.target]
                other.update(name for target in stores for name in _names(target))
        looping.update(name for target in targets if target for name in _names(target))
    return looping - other


def _uses(statement: ast.stmt) -> tuple[dict[str, _Position], dict[str, _Position], set[str]]:
    """Where names are first read, where first bound, and which belong to comprehensions and lambdas."""
    loads: dict[str, _Position] = {}
    stores: dict[str, _Position] = {}
    inner: set[str] = set()
    for node in ast.walk(statement):
        position = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        match node:
            case ast.Name(ctx=ast.Load()):
                loads[node.id] = min(loads.get(node.id, position), position)
            case ast.AugAssign(target=ast.Name(id=name)):
                loads[name] = min(loads.get(name, position), position)
            case ast.comprehension():
                inner.update(_names(node.target))
            case ast.Lambda():
                inner.update(
                    argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)
                )
            case ast.arg():
                stores[node.arg] = min(stores.get(node.arg, position), position)
        for name in _stored(node):
            stores[name] = min(stores.get(name, position), position)
    return loads, stores, inner


def _outside_scopes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield node
        if isinstance(node, _COMPREHENSIONS):
            continue
        inside = node.decorator_list if isinstance(node, _SCOPES[:3]) else ast.iter_child_nodes(node)
        if not isinstance(node, ast.Lambda):
            yield from _outside_scopes(inside)


def _stored(node: ast.AST) -> list[str]:
    """The names that a node binds itself."""
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del()):
            return [node.id]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Import() | ast.ImportFrom():
            return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
    return []


def _names(target: ast.AST) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def _base(node: ast.expr) -> list[str]:
    """The name at the beginning of `name.attribute[index].attribute`."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return [node.id] if isinstance(node, ast.Name) else []
