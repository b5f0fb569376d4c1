"""C macros: what grammars of C, C++ and Objective-C trip over, since they have no preprocessor.

A macro that is no syntax by itself is known by where it stands and by its upper-case name. Nothing moves:
blanks take its place. Expressions begin with what `re` finds fast: a letter or class of letters, for the
beginning of a line the end of the one before it; lookbehinds and `^` would be tried at each byte.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import islice
from string import ascii_letters, digits

from rlm_core.syntax.blanks import blanked
from rlm_core.syntax.conditional_compilation import one_branch

# The Linux kernel's attribute macros, as in `static __printf(1, 2) int __init log(…)`; other projects have
# taken many of them over.
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
_PLAIN_WORDS = (b"asmlinkage", b"noin", b"notrace")
_PLAIN_ATTRIBUTES = re.compile(rb"\b(?:asmlinkage|no(?:inline|instr|trace))(?=[ \t]+[A-Za-z_])")
# The grammar ends a macro at a comment in it.
_COMMENT_IN_MACRO = re.compile(rb"/\*[^\n*]*(?:\*(?!/)[^\n*]*)*\*/(?=[ \t]*\\\n)")
# `#define debug(format, args...)`, which is GNU C.
_NAMED_VARIADIC = re.compile(rb"^([ \t]*#[ \t]*define[ \t]+\w+\([^)\n]*\w)\.\.\.(?=\))", re.MULTILINE)

_MACRO = rb"[A-Z][A-Z0-9_]+\b"
_COMMENT = rb"(?://[^\n]*|/\*[^\n*]*\*/[ \t]*)?"
_ARGUMENTS = rb"\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"
_USES = rb"((?:\s+" + _MACRO + rb"(?:[ \t]*" + _ARGUMENTS + rb")?){1,4})"
# `class GAME_API Actor : public Object {`; not `struct RECT area;`.
_IN_HEAD = re.compile(
    rb"\b(?:class|struct|union|enum)\b(?:\s+(?:class|struct)\b)?" + _USES + rb"(?=\s+[A-Za-z_][\w:]*"
    rb"(?:<[^<>;{}\n]*>)?(?:\s+final\b)?\s*(?:\{|#|:(?!:)\s*[A-Za-z_:]))"
)
_FORWARD = re.compile(rb"\bclass" + _USES + rb"(?=\s+\w+\s*;)")
# `int get() const REQUIRES(mu_);`, but `if (x) FAIL();` is a statement.
_NEXT_USES = rb"((?:(?:[ \t]+|[ \t]*\n[ \t]+)" + _MACRO + rb"(?:[ \t]*" + _ARGUMENTS + rb")?){1,4})"
_BEHIND_HEAD = re.compile(
    rb"\)(?:\s*(?:const|override|final|noexcept|volatile)\b){0,3}" + _NEXT_USES + rb"(?=\s*(?:[;{]|=[^=]))"
)
_OF_NAMES = (ascii_letters + digits + "_").encode()
_STATEMENTS = re.compile(rb"(?:if|while|for|switch|return|catch|defined)\Z|\w*(?i:each|loop|until|_for|for_)")
# `int v_ GUARDED_BY(mu_) = 0;`
_BEHIND_FIELD = re.compile(
    rb"([ \t](?<=[\w\]].)[ \t]*" + _MACRO + rb"(?:[ \t]*" + _ARGUMENTS + rb")?)(?=\s*(?:[;{]|=[^=]))"
)
# Type and name: `int v_`; not `static int`, behind which comes the name of a function.
_FIELD = re.compile(
    rb"(?<![\w:])(?!(?:static|const|extern|inline|struct|enum|union|class|virtual|constexpr|return|else|case|new|goto"
    rb"|typedef|throw|unsigned|signed|long|short|[A-Z][A-Z0-9_]+)\b)[A-Za-z_][\w:]*(?:<[^;{}()\n]*>)?[ \t*&]+"
    rb"(?!(?:int|char|long|short|float|double|void|bool|auto|unsigned|const)\b|\w+_t\b)\w+(?:\[[^\]\n]*\])*\Z"
)
# `GAME_API Actor *spawn(int kind);`: of three words before the parenthesis the first is no type.
_IN_FRONT = re.compile(
    rb"\n[ \t]*(?:(?:static|extern|inline|typedef|virtual|explicit)[ \t]+){0,3}("
    + _MACRO
    + rb"(?:[ \t]*"
    + _ARGUMENTS
    + rb")?)(?=[ \t]+(?:(?:const|struct|enum|union|unsigned)[ \t]+)?[A-Za-z_][\w:]*(?:<[^<>;{}\n]*>)?"
    rb"(?:[ \t*&]+|[ \t*&]*\n)[A-Za-z_][\w:]*[ \t]*[(;=\[])"
)
_BEHIND_ENUMERATOR = re.compile(
    rb"\n[ \t]*" + _MACRO + rb"([ \t]+" + _MACRO + rb"(?:[ \t]*" + _ARGUMENTS + rb")?)(?=[ \t]*[,=])"
)
_BEHIND_BODY = re.compile(
    rb"\}[ \t]*((?=\w*(?:PACK|ALIGN|ATTR))" + _MACRO + rb"(?:[ \t]*\([^()\n]*\))?)(?=[ \t]*[;\w])"
)
# `extern int ZEXPORT zipOpen(…)`, where the first word that is no qualifier is the type.
_QUALIFIERS = rb"(?:static|extern|inline|virtual|const|typedef|struct|enum|union|class)"
_BEHIND_TYPE = re.compile(rb"[A-Z](?<=[\w*&][ \t].)[A-Z0-9_]+\b(?=[ \t]+[*&]{0,2}\w+[ \t]*\()")
_TYPE = re.compile(
    rb"[ \t]*(?:(?:"
    + _QUALIFIERS
    + rb"|"
    + _MACRO
    + rb")[ \t]+){0,4}(?!(?:"
    + _QUALIFIERS
    + rb"|return|else|case|goto|throw|new|delete|using)\b)[A-Za-z_]\w*[ \t*&]+\Z"
)
_OLD_WORDS = (
    b" OF(",
    b" OF (",
    b"__P(",
    b"__P (",
    b" P(",
    b"PROTO(",
    b"PROTO (",
    b"PARAMS(",
    b"PARAMS (",
    b"_ARGS_(",
)
# `int zipClose OF((zipFile file));`, whose parameters are left out for compilers before 1989.
_OLD_PROTOTYPE = re.compile(
    rb"(?<=[\w)])([ \t]+(?:OF|__P|P|PROTO|_PROTO|PARAMS|_ANSI_ARGS_)[ \t]*\()"
    rb"(\((?:[^()]|\([^()]*\))*\))([ \t]*\))(?=\s*[;,)])"
)
# A line of its own: `QT_BEGIN_NAMESPACE`, `G_DEFINE_TYPE (Foo, foo, G_TYPE_OBJECT)`.
_LINE = re.compile(
    rb"\n([ \t]*)(" + _MACRO + rb")([ \t]*" + _ARGUMENTS + rb")?[ \t]*" + _COMMENT + rb"$(?=(\s{0,200}.?))",
    re.MULTILINE,
)
_LINE_BEFORE = re.compile(
    rb"\A\Z|#(?!.*\\\Z)|//|/?\*|template\b.*>\Z|.*(?:[;{}:]|\*/|//.*)\Z|"
    + _MACRO
    + rb"(?:[ \t]*"
    + _ARGUMENTS
    + rb")?\Z"
)
_CONDITION = re.compile(rb"#[ \t]*(?:if|el)")
_IN_CLASS = re.compile(
    rb"Q_[A-Z_]+\Z|(?:GENERATED|UE)_\w+|U(?:PROPERTY|FUNCTION|CLASS|STRUCT|ENUM|INTERFACE|META|DELEGATE)\Z"
    rb"|\w*(?:DISALLOW|DISABLE|DECLARE|DEPRECATED|COPYABLE)"
)
_BEFORE = 300

# Qt's keywords: `signals:`, `public slots:`, `emit changed();`.
_SIGNALS = re.compile(rb"^([ \t]*)(signals|Q_SIGNALS)([ \t]*:)(?!:)", re.MULTILINE)
_SLOTS = re.compile(rb"\b(?:public|private|protected)([ \t]+(?:slots|Q_SLOTS))(?=[ \t]*:)")
_EMIT = re.compile(rb"^[ \t]*(?:emit|Q_EMIT)(?=[ \t]+\w[\w.:>-]*[ \t]*\()", re.MULTILINE)

_MODULE = re.compile(
    rb"^[ \t]*(?:export[ \t]+)?(?:module|import)\b[ \t]*(?:[\w.:]+|<[^<>\n]*>|\"[^\"\n]*\")?[ \t]*;",
    re.MULTILINE,
)
_EXPORT = re.compile(rb"^[ \t]*export(?=\s+[a-zA-Z_{])", re.MULTILINE)

# A head in the style of K&R, whose parameters are declared behind it.
_K_AND_R = re.compile(
    rb"\n[A-Za-z_][\w \t*]*\([\w \t,]*\)[ \t]*((?:\n[ \t]+[A-Za-z_][\w \t*,\[\]()]*;[ \t]*){1,40})(?=\s*\{)"
)

_DEFINED = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+(\w+)\(", re.MULTILINE)
_OWN_LINE = re.compile(
    rb"^([ \t]*)([A-Za-z_]\w*)([ \t]*" + _ARGUMENTS + rb")[ \t]*$(?=(\s{0,200}.?))", re.MULTILINE
)
_APPLE = re.compile(rb"\b(?:NS|CF)_ASSUME_NONNULL_(?:BEGIN|END)\b")
_APPLE_ENUM = re.compile(
    rb"(?:\btypedef[ \t]+)?\b(?:NS|CF)_(?:ENUM|OPTIONS|CLOSED_ENUM)[ \t]*"
    rb"\([ \t]*\w+[ \t]*,[ \t]*(\w+)[ \t]*\)"
)

# The grammar takes delimiters of at most 15 characters, the language 16.
_LONG_DELIMITER = re.compile(rb"\bR\"([^()\\\s\"]{15})([^()\\\s\"])\(")
_MAX_LONG_DELIMITERS = 100
_OPENING, _CLOSING = b"()"


def c(source: bytes) -> bytes:
    """C without what only its preprocessor understands."""
    source = _ATTRIBUTES.sub(_blank, source)
    if any(word in source for word in _PLAIN_WORDS):
        source = _PLAIN_ATTRIBUTES.sub(_blank, source)
    if b"...)" in source:
        source = _NAMED_VARIADIC.sub(rb"\1   ", source)
    source = _COMMENT_IN_MACRO.sub(_blank, source)
    source = _LINE.sub(_alone, b"\n" + source)
    if any(word in source for word in _OLD_WORDS):
        source = _OLD_PROTOTYPE.sub(_plain_prototype, source)
    source = _BEHIND_TYPE.sub(_behind_type, source)
    source = _IN_FRONT.sub(_blank_group, source)
    source = _IN_HEAD.sub(_blank_group, source)
    source = _BEHIND_HEAD.sub(_behind_head, source)
    source = _BEHIND_ENUMERATOR.sub(_blank_group, source)
    source = _BEHIND_BODY.sub(_blank_group, source)
    return one_branch(_K_AND_R.sub(_blank_group, source)[1:])


def cpp(source: bytes) -> bytes:
    """C++ without what only its preprocessor understands, and without modules, which its grammar lacks."""
    if own := frozenset(_DEFINED.findall(source)):
        source = _OWN_LINE.sub(partial(_own, own), source)
    source = _FORWARD.sub(_blank_group, source)
    if b"signals" in source or b"Q_SIGNALS" in source:
        source = _SIGNALS.sub(_public, source)
    if b"slots" in source or b"Q_SLOTS" in source:
        source = _SLOTS.sub(_blank_group, source)
    if b"emit" in source or b"Q_EMIT" in source:
        source = _EMIT.sub(_blank, source)
    source = _BEHIND_FIELD.sub(_behind_field, source)
    if b"module" in source or b"import" in source:
        source = _MODULE.sub(_blank, source)
    if b"export" in source:
        source = _EXPORT.sub(_blank, source)
    return c(_with_short_delimiters(source) if b'R"' in source else source)


def objective_c(source: bytes) -> bytes:
    """Objective-C without Apple's macros: `NS_ENUM(NSInteger, State)` is `enum State`."""
    source = _APPLE_ENUM.sub(_enum, source)
    return _APPLE.sub(_blank, c(source))


def _alone(found: re.Match[bytes]) -> bytes:
    """A macro on a line of its own, as a statement if it has arguments, or as nothing."""
    indent, name, arguments = found.group(1, 2, 3)
    if not _is_alone(found, b"_#~/["):
        return found[0]
    if not arguments or _IN_CLASS.match(name) or arguments[-2:-1] in b"\"'":
        return _blank(found)
    if indent or arguments[-2:-1] in b"()":
        return found[0]
    # What is called stays a call: only the last letter of its arguments makes room.
    return found[0].replace(arguments, arguments[:-2] + b");")


def _own(names: frozenset[bytes], found: re.Match[bytes]) -> bytes:
    """A macro that the text itself defines, on a line of its own in a class: as nothing."""
    return _blank(found) if found[2] in names and _is_alone(found, b"_#~/[}", names) else found[0]


def _is_alone(found: re.Match[bytes], following: bytes, names: frozenset[bytes] = frozenset()) -> bool:
    """Whether a line is no part of what stands before or behind it.

    Args:
        found: the line, and as its last group what begins behind it.
        following: what may, besides a word.
        names: macros, of which one may stand on the line before.
    """
    start, after = found.start(1), found[4].strip()
    before = found.string[max(0, start - _BEFORE) : start].rstrip().rpartition(b"\n")[2].strip()
    in_list = (
        found[1] and after == b"#" and _CONDITION.match(before)
    )  # the last of an enumeration, in a branch
    other = _OWN_LINE.match(before)
    alone = _LINE_BEFORE.match(before) is not None or (other is not None and other[2] in names)
    return alone and not in_list and (after[:1].isalnum() or after[:1] in following)


def _plain_prototype(found: re.Match[bytes]) -> bytes:
    return blanked(found[1]) + found[2] + blanked(found[3])


def _behind_head(found: re.Match[bytes]) -> bytes:
    """Macros behind a head are attributes; behind the condition of a statement they are the statement."""
    closing = found.start() + 1
    before = found.string[max(0, closing - _BEFORE) : closing]
    in_directive = before.rpartition(b"\n")[2].lstrip().startswith(b"#")
    return found[0] if in_directive or _STATEMENTS.match(_called(before)) else _blank_group(found)


def _behind_type(found: re.Match[bytes]) -> bytes:
    start = found.start()
    before = found.string[max(0, start - _BEFORE) : start].rpartition(b"\n")[2]
    return _blank(found) if _TYPE.match(before) else found[0]


def _behind_field(found: re.Match[bytes]) -> bytes:
    before = found.string[max(0, found.start() - _BEFORE) : found.start()]
    return _blank(found) if _FIELD.search(before.rpartition(b"\n")[2]) else found[0]


def _called(text: bytes) -> bytes:
    """The name before the parentheses that a text ends with."""
    level = 0
    for at in range(len(text) - 1, -1, -1):
        level += (text[at] == _CLOSING) - (text[at] == _OPENING)
        if level == 0:
            before = text[:at].rstrip()
            return before[len(before.rstrip(_OF_NAMES)) :]
    return b""


def _with_short_delimiters(source: bytes) -> bytes:
    text = bytearray(source)
    for found in islice(_LONG_DELIMITER.finditer(source), _MAX_LONG_DELIMITERS):
        end = source.find(b")" + found[1] + found[2] + b'"', found.end())
        if end >= 0:
            text[found.end() - 2 : found.end()] = b"(" + found[2]
            text[end : end + 18] = b")" + found[1] + b'" '
    return bytes(text)


def _public(found: re.Match[bytes]) -> bytes:
    return found[1] + b"public".ljust(len(found[2])) + found[3]


def _enum(found: re.Match[bytes]) -> bytes:
    before, after = found.start(1) - found.start(), found.end() - found.end(1)
    return b"enum".ljust(before) + found[1] + b" " * after


def _blank(found: re.Match[bytes]) -> bytes:
    return blanked(found[0])


def _blank_group(found: re.Match[bytes]) -> bytes:
    """A match without its first group."""
    first, last = found.start(1) - found.start(), found.end(1) - found.start()
    return found[0][:first] + blanked(found[1]) + found[0][last:]
