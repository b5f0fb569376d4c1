"""Signatures: the head of a definition on one line, and the name in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.wording import truncate

if TYPE_CHECKING:
    import tree_sitter

# Lines of a head that are comments, annotations or attributes.
_NOT_HEAD = ("#", "//", "@", "[")
_SCOPE_SEPARATOR = re.compile(r"::|\\")
_CONVERSION = re.compile(r"(?:\A|::)(operator \w)")
_OPERATOR = re.compile(r"\boperator\s+(?=[^\w\s])")
# `Vector<int>`, but not `operator<=>`.
_SPECIALIZATION = re.compile(r"(?!operator\b)(\w+)\s*<.*>\Z", re.DOTALL)
_DOTTED = re.compile(r"(?:[^\W\d][\w-]*\.)+[^\W\d][\w-]*\Z")
_TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>")
SIGNATURE_CHARS = 200
_MARGIN = 100
_ELEMENT_NODES = 200
_STATEMENT = re.compile(rb"[;{}(]")


def split_scope(name: str) -> tuple[str, str]:
    """Splits `A::b` and `a.b` into scope and name, and takes quotes, sigils and template arguments away."""
    name = _OPERATOR.sub("operator", name.strip("\"'`"))
    if conversion := _CONVERSION.search(name):  # `A::operator std::string() const`
        around, conversion_name = name[: conversion.start()], name[conversion.start(1) :].partition("(")[0]
        return join_scope(around), conversion_name.rstrip()
    if _DOTTED.match(name):
        around, _, name = name.rpartition(".")
        return around, name
    if "::" not in name and "\\" not in name:
        specialized = _SPECIALIZATION.match(name)
        return "", specialized[1] if specialized else name.lstrip("$:")
    while "<" in name and (plain := _TEMPLATE_ARGUMENTS.sub("", name)) != name:
        name = plain
    *outer, last = [part for part in _SCOPE_SEPARATOR.split(name) if part] or [name]
    return ".".join(outer), last


def join_scope(text: str) -> str:
    """A scope as it stands in qualified names."""
    return ".".join(part.strip("\"'`[]") for part in _SCOPE_SEPARATOR.split(text) if part)


def signature(source: bytes, node: tree_sitter.Node, body: tree_sitter.Node | None) -> str:
    """The head of a definition: up to its body, or its first line."""
    # What stands before it on its line is part of the head (`export const`), unless it is a statement.
    column = node.start_point.column
    start = node.start_byte - column
    if column > _MARGIN or _STATEMENT.search(source, start, node.start_byte):
        start = node.start_byte
    end = body.start_byte if body else node.end_byte
    head = source[start : min(end, start + 5 * SIGNATURE_CHARS)].decode("utf-8", "ignore").strip()
    lines = head.split("\n") if body else head.split("\n")[:1]
    if len(lines) > 1:
        lines = [line for line in lines if not line.lstrip().startswith(_NOT_HEAD)] or lines
    line = " ".join(" ".join(lines).split()).rstrip("{\\ ").removesuffix(" =")
    if len(lines) > 1:
        line = line.replace("( ", "(").replace(", )", ")").replace(" )", ")")
    return truncate(line, SIGNATURE_CHARS)


def text_nodes(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The first nodes of plain text in an element, whatever elements they are in."""
    cursor = node.walk()
    found: list[tree_sitter.Node] = []
    for _ in range(_ELEMENT_NODES):
        if (here := cursor.node) is not None and here.type == "text":
            found.append(here)
        if not cursor.goto_first_child():
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return found
    return found


def node_text(source: bytes, node: tree_sitter.Node) -> str:
    """The text of a node on one line, cut like a signature."""
    end = min(node.end_byte, node.start_byte + SIGNATURE_CHARS)
    return " ".join(source[node.start_byte : end].decode("utf-8", "ignore").split())
