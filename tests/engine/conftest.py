from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from rlm_core import models
from rlm_core.config import SandboxSettings, Settings, WorkspaceSettings
from rlm_core.engine.question import ask
from rlm_core.sandbox import choice
from rlm_core.workspace.workspace import Workspace
from tests.support.files import write_tree
from tests.support.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from rlm_core.engine.answer import Answer
    from rlm_core.engine.events import Event
    from rlm_core.sandbox.base import Sandbox
    from rlm_core.workspace.snapshot import Snapshot
    from tests.support.model_server import Script

KEY = "sk-test-0123456789"
FILES = {
    "shop/cart.py": "class Cart:\n    def total(self):\n        return sum(self.prices)\n",
    "shop/tax.py": "RATE = 0.2\n\n\ndef tax(amount):\n    return amount * RATE\n",
    "README.md": "# Shop\n\nA cart with taxes.\n",
}


@dataclass
class Asker:
    """Asks questions of a scripted model and keeps the events."""

    snapshot: Snapshot
    sandbox: Sandbox
    events: list[Event] = field(default_factory=list)

    async def ask(self, question: str, server: ModelServer, **settings_given: Any) -> Answer:
        """Asks the models `root` and `sub` of a server; settings are given as in `Settings`."""
        model = {"name": "root", "sub_name": "sub", "base_url": server.url, "api_key": KEY}
        given = {**settings_given, "model": {**model, **settings_given.get("model", {})}}
        settings = Settings.model_validate(given)
        chosen = models.choose(settings.model)
        try:
            return await ask(
                question,
                self.snapshot,
                models=chosen,
                sandbox=self.sandbox,
                settings=settings,
                listeners=[self.events.append],
            )
        finally:
            await chosen.close()

    def of(self, kind: type[Event]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if type(event) is kind]


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    workspace = Workspace([write_tree(tmp_path / "shop", FILES)], WorkspaceSettings())
    yield workspace.snapshot()
    workspace.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_sandbox() -> AsyncIterator[Sandbox]:
    """One for all: sessions are what is private, and the process behind them takes a moment to boot."""
    box = choice.create(SandboxSettings())
    yield box
    await box.close()


@pytest.fixture
def asker(snapshot: Snapshot, shared_sandbox: Sandbox) -> Asker:
    return Asker(snapshot, shared_sandbox)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs on the event loop that the shared sandbox lives on."""
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture
def serve() -> Iterator[Callable[[Mapping[str, Script]], ModelServer]]:
    """Starts scripted model servers that end with the test."""
    servers: list[ModelServer] = []

    def start(script: Mapping[str, Script]) -> ModelServer:
        servers.append(ModelServer(script))
        return servers[-1].__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)
