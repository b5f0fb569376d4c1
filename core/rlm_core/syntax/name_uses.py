"""Uses of functions' names: where one is called, passed on, or kept under another name. By syntax alone."""

from __future__ import annotations

import re
import time
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.syntax.calls_and_imports import calls
from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import tree_sitter

    from rlm_core.syntax.language import Language

_MAX_DEPTH = 20
_NAME_CHARS = 300
# What looking up places in the tree may take after the parse.
_MAX_SECONDS = 0.5
# How many places of one name in a file are looked at.
MAX_PLACES = 2_000
_WORD = re.compile(rb"[A-Za-z_$][\w$]*")
_LETTERS = frozenset(bytes([byte]) for byte in range(128) if chr(byte).isalnum() or byte in b"_$")
_NAMES = re.compile(r"identifier\Z|\A(?:name|constant|word|command_name)\Z")
_NAME = re.compile(r"([A-Za-z_$][\w$]*)")
# Behind a name that is not called: it is defined, or something is done with what it has.
_NO_USE = re.compile(rb"\s*(?:\(|\.\w|[-+*/|&]?=[^=]|\{)")
_PLAIN = re.compile(rb"[A-Za-z_$][\w$]*\Z")
_LAST_NAME = re.compile(r"([A-Za-z_$][\w$]*)\W*\Z")
# What only says more of a name, and has it last: `a.name`, `&name`, `(T) name`.
_AROUND = re.compile(
    r"\A(?:attribute|member_expression|member_access_expression|field_expression|field_access"
    r"|selector_expression|scoped_identifier|qualified_identifier|method_reference|pointer_expression"
    r"|unary_expression|reference_expression|parenthesized_expression|cast_expression|as_expression|argument"
    r"|value_argument|literal_element|variable_name|block_argument|expression_list)\Z"
)
_ARGUMENTS = re.compile(r"\A(?:argument_list|arguments|value_arguments|keyword_argument)\Z")
_PAIRS = re.compile(
    r"\A(?:pair|initializer_pair|keyed_element|field_initializer|array_element_initializer)\Z"
)
_ASSIGNMENTS = re.compile(
    r"\A(?:assignment|assignment_expression|assignment_statement|short_var_declaration|variable_declarator"
    r"|init_declarator|let_declaration|const_item|static_item|var_spec|const_spec|public_field_definition"
    r"|field_definition|property_element|named_expression)\Z"
)
_LISTS = re.compile(
    r"\A(?:list|tuple|set|array|array_expression|array_literal|initializer_list|literal_value|dictionary|object"
    r"|array_creation_expression|array_initializer|composite_literal)\Z"
)
# What is before a name in `a.name`, `a->name`, `a::name`, `a?.name`; nothing known of `f().name`.
_BEFORE = re.compile(rb"([A-Za-z_$][\w$]*)?(?:\(\))?\s*(?:\.|->|::)\Z")
_SELF = frozenset({"self", "this", "cls", "Self"})


class NameUse(NamedTuple):
    """A place where a function's name is used.

    Attributes:
        name: the name.
        line: from 1.
        start: byte offset.
        kind: `call`, `argument`, `assignment` (to a variable), `field`, `table`, or `mention` of a table.
        of: what it is an argument of, or under which name it is kept.
        receiver: the name before it (`a.name`, `a::name`); `self` for `this` and the like, `?` for no name.
    """

    name: str
    line: int
    start: int
    kind: str
    of: str
    receiver: str


def call_starts(source: bytes, language: Language) -> frozenset[int]:
    """Returns where names are that are called, as byte offsets.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    return frozenset(call.start for call in calls(source, language))


class NameUses(NamedTuple):
    """Uses in order; `cut` when there were more places than are looked at."""

    found: list[NameUse]
    cut: bool


def has_word(source: bytes, name: str) -> bool:
    """Whether a name stands in a text, and not only as a part of longer ones."""
    return next(_places(source, name.encode()), None) is not None


def name_uses(
    source: bytes, language: Language, called: Collection[int], name: str, *, table: bool = False
) -> NameUses:
    r"""Returns the uses of a name in a text.

    Args:
        source: UTF-8 text with `\n` line ends.
        language: how to read it.
        called: its `call_starts`.
        name: which.
        table: whether it is no function: any mention counts.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    places = list(islice(_places(source, name.encode()), MAX_PLACES + 1))
    found, cut = _within_time(_uses(source, language, called, places[:MAX_PLACES], table=table))
    return NameUses(found, cut or len(places) > MAX_PLACES)


def uses_within(
    source: bytes, language: Language, called: Collection[int], first: int, last: int
) -> NameUses:
    """Returns the uses of any names in some lines; as for `name_uses`."""
    lines = source.split(b"\n")
    start = sum(len(line) + 1 for line in lines[: first - 1])
    end = start + sum(len(line) + 1 for line in lines[first - 1 : last])
    most = 4 * MAX_PLACES
    places = [match.span() for match in islice(_WORD.finditer(source, start, end), most + 1)]
    found, cut = _within_time(_uses(source, language, called, places[:most], table=False))
    return NameUses(found, cut or len(places) > most)


def _within_time(uses: Iterator[NameUse | None]) -> tuple[list[NameUse], bool]:
    """The uses among some places, and whether time ran out: in deep trees each place takes long to find."""
    start = time.thread_time()
    found: list[NameUse] = []
    for use in uses:
        if use is not None:
            found.append(use)
        elif time.thread_time() - start > _MAX_SECONDS:
            return found, True
    return found, False


def _places(source: bytes, word: bytes) -> Iterator[tuple[int, int]]:
    """Where a word stands that is no part of a longer one."""
    at = source.find(word)
    while at >= 0:
        end = at + len(word)
        if source[at - 1 : at] not in _LETTERS and source[end : end + 1] not in _LETTERS:
            yield at, end
        at = source.find(word, end)


def _uses(
    source: bytes,
    language: Language,
    called: Collection[int],
    places: list[tuple[int, int]],
    *,
    table: bool,
) -> Iterator[NameUse | None]:
    """Yields the uses, and None for each place that had to be looked up in the tree."""
    root: tree_sitter.Node | None = None
    line, counted = 1, 0
    for start, end in places:
        name = source[start:end].decode("utf-8", "replace")
        line += source.count(b"\n", counted, start)
        counted = start
        if start in called:
            yield NameUse(name, line, start, "call", "", _receiver(source, start))
            continue
        if _NO_USE.match(source, end) and not table:
            continue
        root = root or parse(normalized(source), language).root_node
        node = root.descendant_for_byte_range(start, end)
        yield None
        if node is None or node.byte_range != (start, end) or not _NAMES.search(node.type):
            continue
        if table:
            yield NameUse(name, line, start, "mention", "", "")
        elif found := _kept(source, node):
            yield NameUse(name, line, start, *found, _receiver(source, start))


def _receiver(source: bytes, start: int) -> str:
    found = _BEFORE.search(source, max(0, start - 100), start)
    if found is None:
        return ""
    name = (found[1] or b"").decode("utf-8", "replace")
    return "self" if name in _SELF else name or "?"


def _kept(source: bytes, node: tree_sitter.Node) -> tuple[str, str] | None:
    """Where a name is passed or kept, if it is: the kind and the other name."""
    around = node.parent
    in_list = False
    for _ in range(_MAX_DEPTH):
        if around is None:
            return None
        kind = around.type
        if _ARGUMENTS.match(kind):
            return _passed(source, node, around)
        if _ASSIGNMENTS.match(kind):
            target = _target(around)
            bare = target is not None and _PLAIN.match(source[target.start_byte : target.end_byte])
            kind = "table" if in_list else "assignment" if bare else "field"
            return _assigned(source, node, target, kind)
        key = around.named_child(0)
        if _PAIRS.match(kind) and key is not None and not _is_text(key):
            return _assigned(source, node, key, "field")
        in_list = in_list or _LISTS.match(kind) is not None
        through = _LISTS.match(kind) or _last(around) == node
        if not through or not (_LISTS.match(kind) or _PAIRS.match(kind) or _AROUND.match(kind)):
            return None
        node, around = around, around.parent
    return None


def _assigned(
    source: bytes, node: tree_sitter.Node, target: tree_sitter.Node | None, kind: str
) -> tuple[str, str] | None:
    """That a name is a value, if it stands behind what it is given to."""
    behind = target is not None and target.end_byte <= node.start_byte
    return (kind, _last_name(source, target)) if target is not None and behind else None


def _passed(source: bytes, node: tree_sitter.Node, arguments: tree_sitter.Node) -> tuple[str, str] | None:
    if arguments.type == "keyword_argument":
        if _last(arguments) != node:
            return None  # a parameter's name
        arguments = arguments.parent or arguments
    call = arguments.parent
    fields = ("function", "name", "constructor", "method", "type")
    function = next((found for field in fields if call and (found := call.child_by_field_name(field))), None)
    return ("argument", _last_name(source, function)) if function is not None else None


def _last(node: tree_sitter.Node) -> tree_sitter.Node | None:
    return node.named_child(node.named_child_count - 1)


def _is_text(key: tree_sitter.Node) -> bool:
    """Whether a key is a text or a number, which is no name that is called."""
    while key.named_child_count == 1 and key.type == "literal_element":
        key = key.named_children[0]
    return "string" in key.type or "literal" in key.type or "number" in key.type


def _target(assignment: tree_sitter.Node) -> tree_sitter.Node | None:
    fields = ("left", "declarator", "name", "pattern", "property")
    return next((found for field in fields if (found := assignment.child_by_field_name(field))), None)


def _last_name(source: bytes, node: tree_sitter.Node) -> str:
    end = min(node.end_byte, node.start_byte + _NAME_CHARS)
    text = source[node.start_byte : end].decode("utf-8", "replace")
    # Without indices and arguments; C has a pointer's name in brackets.
    found = _LAST_NAME.search(text.partition("[")[0].partition("(")[0]) or _NAME.search(text)
    return found[1] if found else ""
