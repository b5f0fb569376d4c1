"""Answer block: what of an answer is scored, and how it is read where it is not as it was asked for.

`Question.prompt` asks for a fenced block marked `answer` at the end. The last such block counts, wherever it
stands: a program may put a list of citations after it. It ends where CommonMark says (a fence of the same
sign, at least as long, nothing else in the line), or with the text. It begins at its mark even within a block
that was never closed, where CommonMark would read on: an answer is not lost to a fence forgotten far above.
That, and time linear in the text, is why there is no Markdown parser here.

What is let pass, and said in `Reading.notes`, where there is no such block: the last block with no language
counts; else, of names, waypoints and pairs, the last list, or the last line; of places, each `path:line`; of
a number, the last one in the text.

How an item may be written is in `spellings`: with bullets, numbers, backticks, a comment after it. The scorer
takes the spelling that is right with the least taken off, so an item that ends in `(x)` is never mistaken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.evals.places import cited
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.evals.questions import Form

# What a model can say in one completion; the block is at the end, so the end is kept.
MAX_CHARS = 1_000_000
MAX_ITEMS = 20_000
# No name is longer; to take one apart costs in proportion.
MAX_ITEM_CHARS = 1_000

_BULLET = r"(?:[-*+\u2022]|\d{1,9}[.)])[ \t]++"
_FENCE = re.compile(rf"[ \t>]*+(?:{_BULLET})?+(?P<fence>`{{3,}}+|~{{3,}}+)(?P<info>.*)")
_MARKS = ("answer", "answers")
_PLAIN = ("", "text", "txt", "plain", "plaintext")
_LISTED = re.compile(rf"[ \t>]*+{_BULLET}\S")

_QUOTED = re.compile(r"(?:>[ \t]*+)++")
_BULLETED = re.compile(rf"{_BULLET}(?:\[[ xX]\][ \t]++)?+")
_LABELLED = re.compile(
    r"(?:\*\*)?(?:.{0,80}?\banswer is:?|(?:final |correct |right )?(?:answer|label|user|date) ?:)"
    r"(?:\*\*)?[ \t]++",
    re.IGNORECASE,
)
_CODE = re.compile(r"[*_]{0,3}(`{1,3})([^`]+)\1")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_LETTER = re.compile(r"[A-Z](?=[.):][ \t])")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_COMMENT = re.compile(r"[ \t](?:[-\u2013\u2014][ \t]|\()")
_WRAPPED = {"`": "`", "*": "*", '"': '"', "'": "'", "(": ")", "[": "]", "\u201c": "\u201d"}

_NUMBER = re.compile(
    r"(?<![\w.])[-+\u2212]?(?:\d{1,3}(?:[,_'\u2019\u00a0\u202f]\d{3}){1,9}(?!\d)|\d{1,30})(?:\.\d{1,30})?(?!\w|\.\d)"
)
# How a model says that there is nothing, where it does not leave the block empty.
_NOTHING = {"none", "nothing", "zero", "empty", "n/a", "-", "[]", "{}", "(none)", "(empty)", "no results"}

# What `rlm-mcp ask` prints after an answer, once anything follows it: who answered, from what, for how much.
_FOOTER = re.compile(r"\*[^\n]{1,500}\u00b7 snapshot \S{1,100} \u00b7 run \S{1,100}\*\s*\Z")
_SECTIONS = re.compile(r"^### (?:Citations|Unverified|Changed meanwhile|Notes)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says, an item a string, as it is written.

    Attributes:
        items: lines of the block that are not blank, in order; at most `MAX_ITEMS`, each cut to
            `MAX_ITEM_CHARS`.
        block: there is a block, so that no items mean that there are none.
        notes: what was let pass or not read, as sentences.
    """

    items: tuple[str, ...]
    block: bool
    notes: tuple[str, ...] = ()

    @property
    def some(self) -> tuple[str, ...]:
        """The items; none where the only one says that there is none."""
        return () if len(self.items) == 1 and _is_nothing(self.items[0]) else self.items


class _Block(NamedTuple):
    fence: str
    info: str
    lines: list[str]


def read(answer: str, form: Form) -> Reading:
    """Reads an answer: the block that was asked for, or what comes nearest."""
    notes = []
    if len(answer) > MAX_CHARS:
        notes.append(f"Only the last {MAX_CHARS:,} of {len(answer):,} characters were read.")
        answer = answer[-MAX_CHARS:]
    lines = [line.rstrip("\r") for line in answer.split("\n")]
    marked = plain = None
    for block in _blocks(lines):
        if _is_marked(block.info):
            marked = block
        elif block.info.casefold() in _PLAIN:
            plain = block
    found = marked or plain
    if form == "places" and not marked and not (plain and cited("\n".join(plain.lines))):
        found = None  # a block that quotes code says no place
    if found:
        items, where = found.lines, "the last block without a language"
    else:
        items, where = _unfenced(without_footer(answer), form)
    if not marked:
        notes.append(f"No block is marked `answer`; read was {where}.")
    items = [line for line in items if line.strip(" \t>")]
    if len(items) > MAX_ITEMS:
        notes.append(f"Only the first {MAX_ITEMS:,} of {pluralize(len(items), 'item')} were read.")
    items = [item[:MAX_ITEM_CHARS] for item in items[:MAX_ITEMS]]
    return Reading(tuple(items), found is not None, tuple(notes))


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    block: _Block | None = None
    for line in lines:
        fence = _FENCE.match(line)
        info = fence["info"].strip() if fence else ""
        if fence is None or ("`" in info and fence["fence"][0] == "`"):
            if block:
                block.lines.append(line)
        elif block and not info and fence["fence"].startswith(block.fence):
            yield block
            block = None
        elif block is None or _is_marked(info):
            block = _Block(fence["fence"], info, [])
        else:
            block.lines.append(line)
    if block:
        yield block


def _is_marked(info: str) -> bool:
    return bool(info) and info.split()[0].strip("{}.").casefold() in _MARKS


def _unfenced(answer: str, form: Form) -> tuple[list[str], str]:
    """Lines that come nearest to a block, and what they are."""
    if form == "places":
        return [str(place) for place in cited(answer)], "each `path:line` of the text"
    if form == "number":
        numbers = _NUMBER.findall(answer)
        return numbers[-1:], "the last number of the text"
    listed: list[str] = []
    ended = False
    lines = answer.split("\n")
    for line in lines:
        if _LISTED.match(line):
            if ended:
                listed, ended = [], False
            listed.append(line)
        elif line.strip() and not line.startswith((" ", "\t")):  # else it goes on with an item
            ended = True
    if listed:
        return listed, "the last list"
    return [line for line in lines if line.strip()][-1:], "the last line"


def without_footer(answer: str) -> str:
    """An answer without what `rlm-mcp ask` prints after it: checked citations, notes, model and cost."""
    footer = _FOOTER.search(answer[-2_000:])
    if footer is None:
        return answer
    text = answer[: len(answer) - len(footer[0])].rstrip()
    sections = [section.start() for section in _SECTIONS.finditer(text)]
    # An answer may have such headings of its own: of each, the last is the program's.
    names = {text[at : text.find("\n", at)]: at for at in sections}
    return text[: min(names.values())].rstrip() if names else text


def spellings(item: str) -> list[str]:
    """What an item may mean, from what is written to what is left of it: never empty strings.

    Taken off in turn: quote marks, bullets and numbering; `Answer:` or `… answer is`; a comment after ` - `,
    ` — ` or ` (`, or after a code span, bold text or link that the item begins with; what follows the
    letter of a choice; backticks, emphasis and quotes around it; punctuation after it; a call's parentheses.
    """
    forms = [item.strip()]

    def add(form: str) -> None:
        form = form.strip()
        if form and form != forms[-1]:
            forms.append(form)

    add(_QUOTED.sub("", forms[-1], count=1) if forms[-1].startswith(">") else forms[-1])
    for start in (_BULLETED, _LABELLED):
        found = start.match(forms[-1])
        add(forms[-1][found.end() :] if found else forms[-1])
    add(_unwrapped(forms[-1]))
    for token in (_CODE, _BOLD, _LINK):
        begun = token.match(forms[-1])
        if begun:
            add(_unwrapped(begun[token.groups]))
            break
    else:
        add(_COMMENT.split(forms[-1], maxsplit=1)[0])
    letter = _LETTER.match(forms[-1])
    add(letter[0] if letter else forms[-1])
    add(_unwrapped(forms[-1].rstrip(".,;: \t")))
    add(forms[-1].rstrip(".,;: \t"))
    add(forms[-1].partition("(")[0])
    return [form for form in forms if form]


def _unwrapped(text: str) -> str:
    """A text without signs around all of it."""
    for _ in range(4):
        inner = text[1:-1]
        if len(text) < 3 or _WRAPPED.get(text[0]) != text[-1] or text[0] in inner:
            # `**bold**` has its own sign within.
            if not (text.startswith("**") and text.endswith("**") and len(text) > 4):
                return text
            inner = text[2:-2]
        text = inner.strip()
    return text


def _is_nothing(item: str) -> bool:
    """Whether an item says that there is none."""
    return item.strip(" \t>*`.").casefold() in _NOTHING


def number(item: str) -> Decimal | None:
    """The first number of an item, thousands separated or not; None if it has none. `none` is 0."""
    found = _NUMBER.search(item)
    if found is None:
        return Decimal(0) if _is_nothing(item) else None
    return Decimal(re.sub(r"[,_'\u2019\u00a0\u202f]", "", found[0]).replace("\u2212", "-"))
