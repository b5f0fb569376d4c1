from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.context.context import Context
from tests.support.contexts import remote_context
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from tests.support.contexts import ContextOf

STORE = '''"""Where things are kept."""

LIMIT = 10


class Store:
    """Keeps things."""

    def __init__(self, name):
        self.name = name

    # Looks a thing up.
    def get(self, key):
        return self._load(key)

    def _load(self, key):
        raise KeyError(f"get {key}")


def get(key):
    return Store("default").get(key)
'''

APP = """import { Store } from "./store";

export class App {
  start() {
    return new Store().get("home");
  }
}
"""

FILES = {
    "README.md": "# Shop\n\nStore.get returns a thing.\n",
    "src/app.ts": APP,
    "src/store.py": STORE,
    "src/util/text.py": "def trim(text):\n    return text.strip()\n\n\nversion = trim(' 1 ')\n",
    "tests/test_store.py": "from store import Store\n\n\ndef test_get():\n    assert Store('a').get('b')\n",
}


@pytest.fixture(scope="session", params=[Context, remote_context], ids=["native", "remote"])
def context_of(request: pytest.FixtureRequest) -> ContextOf:
    """Makes a context of a snapshot: everything that a context does it does in the guest as well."""
    make: ContextOf = request.param
    return make


@pytest.fixture
def context(context_of: ContextOf) -> Context:
    """A small repository."""
    return context_of(snapshot_of(FILES))
