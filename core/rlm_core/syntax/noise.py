"""What grammars trip over, rewritten before parsing. Nothing changes its place: lengths stay the same."""

from __future__ import annotations

import re

from rlm_core.syntax.parsing import TangledError

# Attribute macros, as in `static __printf(1, 2) int __init log(…)`, are no C without their header. These are
# the Linux kernel's; other projects have taken many of them over.
_WORDS = b"""
__always_inline __always_unused __attribute_const__ __bitwise __cacheline_aligned __cold __cpuidle
__deprecated __exit __exitdata __force __hot __init __initconst __initdata __iomem __irq_entry __kprobes
__latent_entropy __lockfunc __malloc __maybe_unused __meminit __must_check __net_exit __net_init
__no_kcsan __no_sanitize_address __noclone __nocast __nonstring __noreturn __nosavedata __packed
__page_aligned_bss __page_aligned_data __percpu __private __pure __randomize_layout __rcu __read_mostly
__ref __refdata __ro_after_init __sched __softirq_entry __used __user __visible __weak asmlinkage noinline
noinstr notrace
"""
_ATTRIBUTES = re.compile(
    rb"(?<!define )\b(?:" + b"|".join(_WORDS.split()) + rb"|____cacheline_\w+)\b"
    rb"|(?<=[\s*])__\w+\s*\([^()\n]*\)(?=\s+[A-Za-z_*])"
    rb"|(?<=\)\s)__\w+\s*\([^()\n]*\)(?=\s*\{)"
    rb"|(?<=[\w*][ \t])__\w*(?:init|exit)\w*(?=[ \t]+\**\w+[ \t]*\()"
)
# `#define debug(format, args...)`, which is GNU C.
_NAMED_VARIADIC = re.compile(rb"^([ \t]*#[ \t]*define[ \t]+\w+\([^)\n]*\w)\.\.\.(?=\))", re.MULTILINE)
_APPLE = re.compile(rb"\b(?:NS|CF)_ASSUME_NONNULL_(?:BEGIN|END)\b")
_APPLE_ENUM = re.compile(
    rb"(?:\btypedef[ \t]+)?\b(?:NS|CF)_(?:ENUM|OPTIONS|CLOSED_ENUM)[ \t]*"
    rb"\([ \t]*\w+[ \t]*,[ \t]*(\w+)[ \t]*\)"
)

# Where a level may begin: the first character of a line, and each indicator.
_YAML_MARKS = re.compile(rb"^ *|[?:-](?=\s|$)")
_YAML_LEVELS = 200


def c(source: bytes) -> bytes:
    """C and C++ without attribute macros."""
    return _NAMED_VARIADIC.sub(rb"\1   ", _ATTRIBUTES.sub(_blank, source))


def objective_c(source: bytes) -> bytes:
    """Objective-C without Apple's macros: `NS_ENUM(NSInteger, State)` is `enum State`."""
    source = _APPLE_ENUM.sub(_enum, source)
    return _APPLE.sub(_blank, c(source))


def yaml(source: bytes) -> bytes:
    """YAML as it is.

    Raises:
        TangledError: it may be nested more than 200 levels deep; the grammar crashes at 256.
    """
    columns: list[int] = []
    for line in source.split(b"\n"):
        for mark in _YAML_MARKS.finditer(line):
            column = mark.end()
            while columns and columns[-1] >= column:
                columns.pop()
            columns.append(column)
            if len(columns) > _YAML_LEVELS:
                raise TangledError("It is too deeply nested to be parsed as YAML.")
    return source


def _enum(found: re.Match[bytes]) -> bytes:
    before, after = found.start(1) - found.start(), found.end() - found.end(1)
    return b"enum".ljust(before) + found[1] + b" " * after


def _blank(found: re.Match[bytes]) -> bytes:
    return b" " * len(found[0])
