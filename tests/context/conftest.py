from __future__ import annotations

import pytest

from rlm_core.context import Context
from tests.support.snapshots import snapshot_of

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


@pytest.fixture
def context() -> Context:
    """A small repository."""
    return Context(snapshot_of(FILES))
