"""Parameters of `rlm/ask`, and what of the document or selection in them a model is shown."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from rlm_core.errors import QueryError
from rlm_core.wording import elide, escaped
from rlm_core.workspace.line_endings import split_lines
from rlm_lsp.positions import before

SELECTION_CHARS = 8_000


class _Params(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class TextDocumentIdentifier(_Params):
    """LSP's TextDocumentIdentifier."""

    uri: str


class Position(_Params):
    """LSP's Position: a line and a character from 0, the latter in the negotiated encoding's units."""

    line: int = Field(ge=0)
    character: int = Field(ge=0)


class Range(_Params):
    """LSP's Range; the end is exclusive."""

    start: Position
    end: Position


class AskParams(_Params):
    """The parameters of `rlm/ask`, and the one argument of the command `rlm.ask`.

    Attributes:
        question: what the user wants to know.
        scope: globs that the context is narrowed to; all files when empty.
        text_document: the document that the question is about, if it is about one.
        range: the selection in it, if there is one.
        work_done_token: where the client wants to see progress.
    """

    question: str
    scope: tuple[str, ...] = ()
    text_document: TextDocumentIdentifier | None = None
    range: Range | None = None
    work_done_token: int | str | None = None

    @classmethod
    def parse(cls, value: Any) -> AskParams:
        """Reads what came over the wire.

        Raises:
            QueryError: something is missing or of the wrong kind; says what.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            detail = error.errors()[0]
            where = ".".join(str(part) for part in detail["loc"]) or "the parameters"
            raise QueryError(
                f"rlm/ask cannot use {where}: {detail['msg']}; it takes "
                '{"question": string, "scope"?: string[], "textDocument"?: {uri}, "range"?: Range}.'
            ) from None

    def subject(self, name: str, text: str, encoding: str) -> str:
        """What the question is about, for the model: the document's name, or the selection.

        Args:
            name: of the document.
            text: of the document, as the context has it.
            encoding: of positions, as negotiated.
        """
        name = escaped(name)
        if self.range is None:
            return name
        first, last = self.range.start.line + 1, self.range.end.line + 1
        if self.range.end.character == 0 and last > first:
            last -= 1  # a selection of whole lines ends before the next one
        lines = f"{first}" if first == last else f"{first}-{last}"
        selected = elide(_selected_text(text, self.range, encoding), SELECTION_CHARS)
        return f"{name}:{lines}\n\n{selected}"


def _selected_text(text: str, selection: Range, encoding: str) -> str:
    lines = split_lines(text, keepends=True)
    start, end = selection.start, selection.end
    inner = "".join(lines[start.line : end.line])
    tail = _before(lines, end, encoding)
    return (inner + tail)[len(_before(lines, start, encoding)) :]


def _before(lines: list[str], position: Position, encoding: str) -> str:
    """What comes before the position on its line."""
    if position.line >= len(lines):
        return ""
    return before(lines[position.line], position.character, encoding)
