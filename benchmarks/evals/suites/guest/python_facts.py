"""Facts of a Python file, from its abstract syntax tree."""

from __future__ import annotations

import ast
import inspect
import json
import re
import warnings
from collections import Counter
from typing import Any, Literal, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Fact: TypeAlias = dict[str, Any]

_MAX_DOC = 20_000
_MAX_VALUE = 300
_ROUTES = frozenset({"route", "get", "post", "put", "patch", "delete", "websocket"})
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.LShift: "<<", ast.BitOr: "|"}
_DOTTED = re.compile(r"\w+(?:[.:]\w+)*")


def facts_of(path: str, text: str) -> Fact:
    """The facts of one file, as `benchmarks.evals.suites.facts.FileFacts` has them.

    Raises:
        ValueError: it is not Python of this version.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd escapes
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            raise ValueError(f"line {error.lineno}: {error.msg}") from error
    facts = _File(text)
    facts.walk(tree)
    return {"path": path, "language": "Python", **facts.collected(path)}


class _Scope:
    """The definition in whose body a node stands."""

    def __init__(self, qualified: str = "", kind: Literal["", "class", "function"] = "") -> None:
        self.qualified = qualified
        self.kind = kind

    def inner(self, name: str, kind: Literal["class", "function"]) -> _Scope:
        return _Scope(f"{self.qualified}.{name}" if self.qualified else name, kind)


class _File:
    """Collects facts in one pass with a stack of its own: files may nest as deep as they like."""

    def __init__(self, text: str) -> None:
        self._lines = re.split(r"\r\n|\r|\n", text)
        self._definitions: list[Fact] = []
        self._calls: list[tuple[int, int, Fact]] = []
        self._bases: list[Fact] = []
        self._imports: list[Fact] = []
        self._mentions: list[Fact] = []
        self._callees: set[int] = set()  # nodes that are what a call calls
        self._docs: set[int] = set()  # nodes that are documentation
        self._tries: set[int] = set()  # nodes of imports in a `try`
        self._names: set[str] = set()  # in any other way than called, defined or imported
        self._alone: set[str] = set()  # names by themselves
        self._bound: set[str] = set()
        self._strings: set[str] = set()
        self._all: set[str] = set()

    def walk(self, tree: ast.Module) -> None:
        """Collects everything."""
        self._docs.update(id(each.value) for each in tree.body[:1] if isinstance(each, ast.Expr))
        stack: list[tuple[ast.AST, _Scope]] = [(tree, _Scope())]
        while stack:
            node, scope = stack.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                kind: Literal["class", "function"] = "class" if isinstance(node, ast.ClassDef) else "function"
                inner = scope.inner(node.name, kind)
                self._definition(node, scope, inner)
                children = _children(node, scope, inner)
            else:
                self._visit(node, scope)
                children = [(child, scope) for child in ast.iter_child_nodes(node)]
            stack += reversed(children)

    def _visit(self, node: ast.AST, scope: _Scope) -> None:
        match node:
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self._assignment(node, scope)
            case ast.Call():
                self._call(node, scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Try() | ast.TryStar():
                self._tries.update(id(child) for child in ast.walk(node) if isinstance(child, ast.alias))
            case ast.Name() | ast.Attribute():
                self._name(node, scope)
            case ast.Subscript():
                self._subscript(node, scope)
            case ast.Global():
                # A function assigns to it: the constant has more than one value.
                self._definitions += [
                    _constant(name, node, node.lineno) for name in node.names if name.isupper()
                ]
                self._bound.update(node.names)
            case ast.arg(arg=name) | ast.keyword(arg=str() as name) | ast.ExceptHandler(name=str() as name):
                self._bound.add(name)
            case ast.Constant():
                self._text(node)

    def collected(self, path: str) -> Fact:
        """What was found, in the order of the file."""
        bound = Counter(item["name"] for item in self._imports)
        elsewhere = self._bound | self._strings | {name for name, count in bound.items() if count > 1}
        elsewhere |= {item["name"] for item in self._definitions}
        for item in self._imports:
            item["used"] = item["name"] in self._alone or item["name"] in self._all
            item["doubtful"] = item["doubtful"] or item["name"] in elsewhere
        command = re.search(r"(?:^|/)management/commands/([A-Za-z]\w*)\.py$", path)
        commands = [item for item in self._definitions if item["qualified"] == "Command" and command]
        for item in commands:
            self._mention("command", command[1] if command else "", item["line"], "Command")
        found = {
            "definitions": sorted(self._definitions, key=lambda item: (item["line"], item["qualified"])),
            "calls": [item for _, _, item in sorted(self._calls, key=lambda item: item[:2])],
            "bases": self._bases,
            "imports": self._imports,
            "mentions": sorted(self._mentions, key=lambda item: (item["line"], item["text"])),
            "names": sorted(self._names | self._strings),
        }
        return {key: value for key, value in found.items() if value}

    def _definition(self, node: Function | ast.ClassDef, scope: _Scope, inner: _Scope) -> None:
        if isinstance(node, ast.ClassDef):
            self._add(node, inner, scope, kind="class")
            for base in node.bases:
                named = base.value if isinstance(base, ast.Subscript) else base
                if name := _last(named):
                    self._bases.append({"type": inner.qualified, "base": name, "line": named.end_lineno})
            return
        method = scope.kind == "class"
        params, required = _parameters(node, method=method)
        line = self._line(node.lineno)
        whole = line.rstrip().endswith(":") and line.count("(") == line.count(")") and len(line) <= 200
        self._add(
            node,
            inner,
            scope,
            kind="method" if method else "function",
            params=params,
            required=required,
            rebound=_rebound(node, params),
            header=line if whole else "",
        )
        for decorator in node.decorator_list:
            self._decorated(decorator, node, inner)

    def _add(self, node: Function | ast.ClassDef, inner: _Scope, scope: _Scope, **more: Any) -> None:
        fact: Fact = {
            "name": node.name,
            "qualified": inner.qualified,
            "line": node.lineno,
            "first": min([node.lineno, *(each.lineno for each in node.decorator_list)]),
            "last": node.end_lineno,
            "parent": scope.qualified,
            "exported": not node.name.startswith("_"),
            "decorators": [name for each in node.decorator_list if (name := _dotted(each))],
            **more,
        }
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            said = first.value
            if isinstance(said.value, str) and said.value.strip():
                self._docs.add(id(said))
                doc = inspect.cleandoc(said.value)[:_MAX_DOC]
                fact |= {"doc": doc, "doc_first": said.lineno, "doc_last": said.end_lineno}
        self._definitions.append(
            {key: value for key, value in fact.items() if value not in ("", [], 0) or key == "exported"}
        )

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: _Scope) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = None if isinstance(node, ast.AugAssign) else node.value
        for target in targets:
            if not isinstance(target, ast.Name) or scope.kind:
                continue
            if target.id == "__all__" and node.value is not None:
                self._all |= {text for each in ast.walk(node.value) if (text := _string(each))}
            if not target.id.isupper():
                continue
            fact = _constant(target.id, node, target.lineno)
            if value is not None and node.end_lineno == node.lineno:
                line = self._line(value.lineno).encode()[value.col_offset : value.end_col_offset]
                if len(line) <= _MAX_VALUE:
                    fact["value"] = line.decode()
                    fact["postfix"] = _postfix(value)
            self._definitions.append(fact)

    def _call(self, node: ast.Call, scope: _Scope) -> None:
        self._callees.add(id(node.func))
        if not (name := _last(node.func)):
            return
        spread = any(isinstance(each, ast.Starred) for each in node.args)
        spread = spread or any(each.arg is None for each in node.keywords)
        fact: Fact = {"name": name, "line": node.func.end_lineno or node.lineno}
        if scope.qualified:
            fact["within"] = scope.qualified
        if node.args:
            fact["args"] = [_plain(each) for each in node.args]
        if node.keywords:
            fact["keywords"] = [f"{each.arg}={_plain(each.value)}" for each in node.keywords if each.arg]
        if spread:
            fact["spread"] = True
        if isinstance(node.func, ast.Attribute):
            fact["receiver"] = _last(node.func.value) or "?"
        self._calls.append((fact["line"], node.func.end_col_offset or 0, fact))
        self._calls_of_note(node, name, fact["line"], scope)

    def _calls_of_note(self, node: ast.Call, name: str, line: int, scope: _Scope) -> None:
        text = _string(node.args[0]) if node.args else ""
        whole = _dotted(node.func)
        if name in ("path", "re_path") and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
            if isinstance(node.args[0].value, str):
                self._mention("route", text, line, scope.qualified)
        elif text and whole in ("os.getenv", "os.environ.get"):
            self._mention("environment", text, line, scope.qualified)
        elif text and name == "add_parser":
            self._mention("command", text, line, scope.qualified)

    def _decorated(self, decorator: ast.expr, node: Function, inner: _Scope) -> None:
        """Routes and commands that decorators of functions declare."""
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            return
        text = _string(decorator.args[0]) if decorator.args else ""
        if decorator.func.attr in _ROUTES and text.startswith("/"):
            self._mention("route", text, decorator.lineno, inner.qualified)
        elif decorator.func.attr == "command" and (text or not decorator.args):
            self._mention("command", text or node.name.replace("_", "-"), decorator.lineno, inner.qualified)

    def _mention(self, sort: str, text: str, line: int, within: str) -> None:
        self._mentions.append({"sort": sort, "text": text[:300], "line": line, "within": within})

    def _import(self, node: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return
        for alias in node.names:
            if alias.name == "*":
                continue
            whole = isinstance(node, ast.Import) and alias.asname is None
            bound = alias.asname or (alias.name.partition(".")[0] if whole else alias.name)
            self._imports.append(
                {
                    "name": bound,
                    "source": alias.name.rpartition(".")[2],
                    "line": alias.lineno,
                    "module": _module(node),
                    "top": not scope.kind,
                    "doubtful": id(alias) in self._tries or alias.asname == alias.name,
                }
            )

    def _name(self, node: ast.Name | ast.Attribute, scope: _Scope) -> None:
        if id(node) not in self._callees:
            self._names.add(_last(node))
        if isinstance(node, ast.Name):
            self._alone.add(node.id)
            if not isinstance(node.ctx, ast.Load):
                self._bound.add(node.id)
        elif isinstance(node.value, ast.Name) and node.value.id == "settings" and node.attr.isupper():
            self._mention("setting", node.attr, node.end_lineno or node.lineno, scope.qualified)

    def _subscript(self, node: ast.Subscript, scope: _Scope) -> None:
        text = _string(node.slice)
        if text and isinstance(node.ctx, ast.Load) and _dotted(node.value) == "os.environ":
            self._mention("environment", text, node.lineno, scope.qualified)

    def _text(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and id(node) not in self._docs and len(node.value) <= 200:
            for dotted in _DOTTED.findall(node.value):
                self._strings.update(re.split("[.:]", dotted))

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if number <= len(self._lines) else ""


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""


def _constant(name: str, node: ast.stmt, line: int) -> Fact:
    return {
        "name": name,
        "qualified": name,
        "kind": "constant",
        "line": line,
        "first": node.lineno,
        "last": node.end_lineno,
        "exported": not name.startswith("_"),
    }


def _children(node: Function | ast.ClassDef, scope: _Scope, inner: _Scope) -> list[tuple[ast.AST, _Scope]]:
    """What stands in the body is within; decorators, defaults, annotations and bases are not."""
    body = {id(each) for each in node.body}
    return [(each, inner if id(each) in body else scope) for each in ast.iter_child_nodes(node)]


def _parameters(node: Function, *, method: bool) -> tuple[list[str], int]:
    """Names of what calls give, and how many of them they have to."""
    args = node.args
    before = [each.arg for each in (*args.posonlyargs, *args.args)]
    required = len(before) - len(args.defaults)
    if method and before and "staticmethod" not in map(_dotted, node.decorator_list):
        before, required = before[1:], max(required - 1, 0)
    required += sum(default is None for default in args.kw_defaults)
    star = [f"*{args.vararg.arg}"] if args.vararg else ["*"] if args.kwonlyargs else []
    kwarg = [f"**{args.kwarg.arg}"] if args.kwarg else []
    return [*before, *star, *(each.arg for each in args.kwonlyargs), *kwarg], required


def _rebound(node: Function, params: list[str]) -> list[str]:
    """Parameters that the body, or a function in it, binds again."""
    bound: set[str] = set()
    own = set(map(id, ast.iter_child_nodes(node.args)))
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            bound.add(each.id)
        elif isinstance(each, ast.arg) and id(each) not in own:
            bound.add(each.arg)
    return sorted(bound & {name.lstrip("*") for name in params})


def _last(node: ast.expr) -> str:
    """The last identifier of a name or an attribute; empty for anything else."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
    return ""


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of such an expression or of a call of it; empty for anything else."""
    if isinstance(node, ast.Call):
        node = node.func
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)])[:1_000] if isinstance(node, ast.Name) else ""


def _plain(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _string(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _postfix(value: ast.expr) -> list[str]:
    """A constant's expression, operators last; empty where it is made of anything else."""
    parts: list[str] = []
    stack: list[ast.expr | str] = [value]
    while stack:
        match stack.pop():
            case str() as operator:
                parts.append(operator)
            case ast.Constant(value=bool()):
                return []
            case ast.Constant(value=int() | str() as literal):
                parts.append(json.dumps(literal))
            case ast.Name(id=name):
                parts.append(f"@{name}")
            case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
                stack += [_OPERATORS[type(operator)], right, left]
            case _:
                return []
    return parts
