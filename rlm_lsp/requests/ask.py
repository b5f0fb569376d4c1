"""`rlm/ask`: a question about the workspace, its answer with Markdown and citations."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rlm_core.errors import QueryError
from rlm_lsp.buffers import uri_to_file
from rlm_lsp.work_done_progress import WorkDoneProgress

if TYPE_CHECKING:
    from lsprotocol import types

    from rlm_core.engine.answer import Answer
    from rlm_core.service import Service
    from rlm_core.workspace.workspace import Workspace
    from rlm_lsp.ask_params import AskParams
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
    from rlm_lsp.ask_params import AskParams  # pydantic would be a quarter of the way to `initialize`

    question = AskParams.parse(params)
    if question.work_done_token is not None:
        token = question.work_done_token
    progress = WorkDoneProgress(ls, token, ls.folders.title())

    async def run(service: Service) -> dict[str, Any]:
        text = _question_text(ls, question, service.workspace)
        answer = await service.ask(text, scope=question.scope, listeners=[progress.report])
        return _to_json(answer, service.workspace)

    return await progress.follow(session.run(run))


def _question_text(ls: Server, params: AskParams, workspace: Workspace) -> str:
    if params.text_document is None:
        return params.question
    uri = params.text_document.uri
    file, text = uri_to_file(uri), ls.buffers.get(uri)
    path = workspace.path_of(file) if file else None
    if path is None and text is None:
        raise QueryError(f"{uri} is neither open in the editor nor part of the workspace.")
    return params.question_text(path, text, ls.position_encoding)


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
