"""`rlm/ask`: a question about the workspace, its answer with Markdown and citations."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rlm_core.errors import QueryError
from rlm_core.wording import escaped
from rlm_core.workspace.decoding import NotTextError
from rlm_lsp.buffers import untitled_name, uri_to_file
from rlm_lsp.work_done_progress import WorkDoneProgress

if TYPE_CHECKING:
    from lsprotocol import types

    from rlm_core.engine.answer import Answer
    from rlm_core.service import Service
    from rlm_core.workspace.snapshot import Snapshot
    from rlm_core.workspace.workspace import Workspace
    from rlm_lsp.ask_params import AskParams, TextDocumentIdentifier
    from rlm_lsp.server import Server


async def ask(ls: Server, params: Any, token: types.ProgressToken | None = None) -> dict[str, Any]:
    """Answers the request and the command `rlm.ask`.

    Args:
        ls: the server.
        params: the JSON of `AskParams`.
        token: where to show progress if the parameters do not say it.

    Raises:
        QueryError: the parameters are not those of a question.
        RlmError: the folders cannot be opened, or the question cannot be answered.
    """
    session = ls.session
    from rlm_core.service import AskOverrides
    from rlm_lsp.ask_params import AskParams  # pydantic would be a quarter of the way to `initialize`

    question = AskParams.parse(params)
    if question.work_done_token is not None:
        token = question.work_done_token
    progress = WorkDoneProgress(ls, token, ls.folders.title())

    async def run(service: Service) -> dict[str, Any]:
        asked: dict[str, Any] = {"scope": question.scope, "listeners": [progress.report]}
        if question.text_document is not None:
            subject = await asyncio.to_thread(
                _subject, ls, question, question.text_document, service.workspace, await service.present()
            )
            asked["overrides"] = AskOverrides(subject=subject)
        answer = await service.ask(question.question, **asked)
        return _to_json(answer, service.workspace)

    return await progress.follow(session.run(run))


def _subject(
    ls: Server, params: AskParams, document: TextDocumentIdentifier, workspace: Workspace, present: Snapshot
) -> str:
    """What the question is about, as far as the context has it: nothing that is kept out of it gets in here.

    Text that is no file's, yet or ever (an untitled document), is masked as if it were one's. It is masked
    whole: the lines of a key are only known by the line above them.
    """
    uri = document.uri
    file, unsaved = uri_to_file(uri), ls.buffers.get(uri)
    path = workspace.path_of(file) if file else None
    if path is not None and path in present:
        return params.subject(path, present.text(path), ls.position_encoding)
    if path is None and unsaved is None:
        raise QueryError(f"{uri} is neither open in the editor nor part of the workspace.")
    why = "in none of the workspace's folders"
    if path is not None:
        why = next((item.reason for item in present.skipped if item.path == path), "ignored")
    elif unsaved is not None and (untitled := untitled_name(uri)) is not None:
        try:
            text = workspace.masked_text(untitled, unsaved)
            return params.subject(uri, text, ls.position_encoding)
        except NotTextError as error:
            why = str(error)
    name = escaped(path or uri)
    if params.range is not None:
        raise QueryError(
            f"The selection cannot be shown to a model: {name} is not part of the context ({why}). "
            "Ask without a selection."
        )
    return f"{name} (not part of the context: {why})"


def _to_json(answer: Answer, workspace: Workspace) -> dict[str, Any]:
    """The answer's fields by their names, with what an editor needs on top of them.

    `markdown` is the whole answer as it is to be shown, `roots` are the folders that it is about; each
    citation has a `uri`, which is how LSP names files.
    """
    from rlm_core.engine.answer_markdown import markdown  # the engine is only imported once it is needed

    result = asdict(answer)
    result["markdown"] = markdown(answer)
    result["roots"] = [str(root) for root in workspace.roots]
    for citation in result["citations"]:
        citation["uri"] = workspace.file_of(citation["path"]).as_uri()
    return result
