from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.mcp.clients import FILES
from tests.mcp.served import ALICE, BOB
from tests.support.files import git_repository
from tests.support.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "tokens"
    file.write_text(f"# who may connect\nalice {ALICE}\nbob {BOB}\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def serve_model() -> Iterator[Callable[..., tuple[ModelServer, dict[str, str]]]]:
    """Scripts a root and a sub-model; gives the server and the environment that points to it."""
    with ExitStack() as servers:

        def serve(root: Sequence[str], sub: Sequence[str] = ()) -> tuple[ModelServer, dict[str, str]]:
            server = servers.enter_context(ModelServer({"root": root, "sub": sub}))
            names = {"RLM_MODEL": "root", "RLM_SUB_MODEL": "sub"}
            return server, {"OPENAI_BASE_URL": server.url, **names}

        yield serve
