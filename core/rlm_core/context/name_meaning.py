"""Name meaning: whether a name, where it is used, may mean a definition.

By what stands before it and by what is near; what a type is, is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.type_resolution.names import TypeKey
from rlm_core.syntax.constant_arithmetic import C_FAMILY, SCRIPTS
from rlm_core.syntax.registry import detect

if TYPE_CHECKING:
    from rlm_core.context.call_nodes import Node
    from rlm_core.context.file_uses import FileUses
    from rlm_core.context.hierarchy import Hierarchy
    from rlm_core.syntax.name_uses import NameUse
    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.snapshot import Snapshot

# A function's name alone never means a method in these.
_NO_IMPLICIT_SELF = SCRIPTS | C_FAMILY - {"C++"} | {"Python", "Go", "Rust", "PHP"}
_FAMILIES = {**dict.fromkeys(SCRIPTS, "scripts"), **dict.fromkeys(C_FAMILY, "C")}
# What stands before a member of the type that a function is in, or of one above it.
_OWN = frozenset({"self", "super"})
_HEADERS = (".h", ".hpp")


class NameMeaning:
    """What names may mean in one snapshot."""

    def __init__(self, snapshot: Snapshot, uses: FileUses, hierarchy: Hierarchy) -> None:
        self._snapshot = snapshot
        self._uses = uses
        self._hierarchy = hierarchy
        self._languages: dict[str, str] = {}

    def may_mean(self, use: NameUse, row: int, owner: Symbol | None, node: Node) -> bool:
        """Whether a use of a node's name, in a function if it is in one, may mean the node."""
        if not node.path:
            return True
        path = self._snapshot.paths[row]
        near = path == node.path
        language, other = self._language(path), self._language(node.path)
        if _FAMILIES.get(language, language) != _FAMILIES.get(other, other):
            return False
        if node.inside and not (near and node.inside[0] <= use.line <= node.inside[1]):
            return False
        if not near and language in C_FAMILY and self._is_static(node):
            return False
        if owner is not None and _is_of_own_type(use, owner):
            around = owner.qualified_name.rpartition(".")[0]
            own = self._member(row, around, node.name, own=use.receiver != "super")
            same = own is not None and (own.path, own.line) == (node.path, node.line)
            below = use.receiver != "super" and self._overrides(node, row, around)
            return node.method and (own is None or same or below)
        if not use.receiver and language in _NO_IMPLICIT_SELF:
            return not node.method and (near or node.name not in self._uses.scopes(row).top)
        # What is no call and has something before it is an attribute more often than a function.
        if use.kind == "call" or not use.receiver:
            return True
        owners = node.qualified.split(".")[-2:-1] if node.method else node.path.split("/")[-2:]
        return use.receiver in {owner.partition(".")[0] for owner in owners}

    def near(self, use: NameUse, row: int, owner: Symbol) -> Symbol | None:
        """What a use means, where that can be told: of the same type or one above it, or of the file."""
        if _is_of_own_type(use, owner):
            around = owner.qualified_name.rpartition(".")[0]
            return self._member(row, around, use.name, own=use.receiver != "super")
        scopes = self._uses.scopes(row)
        return scopes.members[use.name] if not use.receiver and use.name in scopes.top else None

    def _member(self, row: int, around: str, name: str, *, own: bool) -> Symbol | None:
        """The member that a type has by a name: its own, or the first of the types above it."""
        if not around:
            return None
        if own and (found := self._uses.scopes(row).members.get(f"{around}.{name}")):
            return found
        for key in self._hierarchy.order(TypeKey(row, tuple(around.split(".")))).keys[1:]:
            scopes = None if key.external else self._uses.scopes(key.row)
            if scopes and (found := scopes.members.get(".".join((*key.qualified, name)))):
                return found
        return None

    def _overrides(self, node: Node, row: int, base: str) -> bool:
        """Whether a method is of a type below another one."""
        parts = tuple(node.qualified.split(".")[:-1])
        if not node.method or not parts:
            return False
        order = self._hierarchy.order(TypeKey(self._snapshot.index(node.path), parts))
        return TypeKey(row, tuple(base.split("."))) in order.keys

    def _language(self, path: str) -> str:
        if path not in self._languages:
            language = detect(path)
            self._languages[path] = language.name if language else ""
        return self._languages[path]

    def _is_static(self, node: Node) -> bool:
        if node.path.endswith(_HEADERS):
            return False
        symbol = self._uses.scopes(self._snapshot.index(node.path)).at.get(node.line)
        return symbol is not None and symbol.signature.startswith("static ")


def _is_of_own_type(use: NameUse, owner: Symbol) -> bool:
    """Whether what stands before a name is what a method is called on; in Go that has a name of its own."""
    return use.receiver in _OWN or (
        use.receiver not in {"", "?"} and owner.signature.startswith(f"func ({use.receiver} ")
    )
