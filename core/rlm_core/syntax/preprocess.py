"""Preprocessing: what grammars trip over, rewritten before a text is parsed.

`normalized` is for every language, a function of its name for one. None of the latter moves anything: lengths
stay the same.
"""

from __future__ import annotations

import codecs
import re

from rlm_core.errors import ParseLimitError
from rlm_core.workspace.line_endings import unix_lines

_WORD = rb"[\w\x80-\xff:-]"
_LONG = 3000
_LONG_WORD = re.compile(rb"(?<!%b)%b{%d,}" % (_WORD, _WORD, _LONG))
_CONTROLS = bytes(byte if byte >= 32 or byte in b"\t\n\f" else 32 for byte in range(256))

# Attribute macros, as in `static __printf(1, 2) int __init log(…)`, are no C without their header. These are
# the Linux kernel's; other projects have taken many of them over.
_ATTRIBUTE_NAMES = b"""
always_inline always_unused attribute_const__ bitwise cacheline_aligned cold cpuidle deprecated exit
exitdata force hot init initconst initdata iomem irq_entry kprobes latent_entropy lockfunc malloc
maybe_unused meminit must_check net_exit net_init no_kcsan no_sanitize_address noclone nocast nonstring
noreturn nosavedata packed page_aligned_bss page_aligned_data percpu private pure randomize_layout rcu
read_mostly ref refdata ro_after_init sched softirq_entry used user visible weak
"""
_ATTRIBUTES = re.compile(  # begins with plain letters, which makes the search for it many times faster
    rb"__(?<!\w__)(?:"
    rb"(?<!define __)(?:" + b"|".join(_ATTRIBUTE_NAMES.split()) + rb"|__cacheline_\w+)\b"
    rb"|(?<=[\s*]__)\w+\s*\([^()\n]*\)(?=\s+[A-Za-z_*])"
    rb"|(?<=\)\s__)\w+\s*\([^()\n]*\)(?=\s*\{)"
    rb"|(?<=[\w*][ \t]__)\w*(?:init|exit)\w*(?=[ \t]+\**\w+[ \t]*\()"
    rb")"
)
_PLAIN_ATTRIBUTES = re.compile(rb"\b(?:asmlinkage|no(?:inline|instr|trace))(?=[ \t]+[A-Za-z_])")
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


def normalized(source: bytes) -> bytes:
    r"""Returns the text in the form that is parsed: `\n` line ends, blanks for control characters, UTF-8.

    Some scanners take exponential time or memory over NULs, others over what is not UTF-8, or over very long
    words in other scripts, and a query's predicates read a word again for each match that it is in. So words
    that are no names (3000 bytes) get blanks too.
    """
    source = unix_lines(source).translate(_CONTROLS)
    try:
        source.decode()
    except UnicodeDecodeError:
        source = source.decode(errors=_BLANKS).encode()
    # Splitting takes a tenth of the time that the search takes.
    if max(map(len, source.split()), default=0) < _LONG:
        return source
    return _LONG_WORD.sub(lambda found: b" " * len(found[0]), source)


def c(source: bytes) -> bytes:
    """C and C++ without attribute macros."""
    source = _ATTRIBUTES.sub(_blank, source)
    source = _PLAIN_ATTRIBUTES.sub(_blank, source)
    return _NAMED_VARIADIC.sub(rb"\1   ", source) if b"...)" in source else source


def objective_c(source: bytes) -> bytes:
    """Objective-C without Apple's macros: `NS_ENUM(NSInteger, State)` is `enum State`."""
    source = _APPLE_ENUM.sub(_enum, source)
    return _APPLE.sub(_blank, c(source))


def yaml(source: bytes) -> bytes:
    """YAML as it is.

    Raises:
        ParseLimitError: it may be nested more than 200 levels deep; the grammar crashes at 256.
    """
    columns: list[int] = []
    for line in source.split(b"\n"):
        for mark in _YAML_MARKS.finditer(line):
            column = mark.end()
            while columns and columns[-1] >= column:
                columns.pop()
            columns.append(column)
            if len(columns) > _YAML_LEVELS:
                raise ParseLimitError("It is too deeply nested to be parsed as YAML.")
    return source


def _enum(found: re.Match[bytes]) -> bytes:
    before, after = found.start(1) - found.start(), found.end() - found.end(1)
    return b"enum".ljust(before) + found[1] + b" " * after


def _blank(found: re.Match[bytes]) -> bytes:
    return b" " * len(found[0])


def _blanked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return " " * (error.end - error.start), error.end


codecs.register_error(_BLANKS := "rlm-blanks", _blanked)
