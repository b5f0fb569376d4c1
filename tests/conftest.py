from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis  # noqa: F401 - pytest would import it while it reports a failure, deep in the stack
import pytest

from rlm_core.sandbox.host import wasm_build
from tests.support.files import share_component


def pytest_collection_finish(session: pytest.Session) -> None:
    """Builds the WebAssembly component before the tests: that takes longer than one may."""
    assert session.config.cache is not None
    if any("wasm" in item.nodeid or "elsewhere" in item.nodeid for item in session.items):
        with pytest.MonkeyPatch.context() as patched, tempfile.TemporaryDirectory() as home:
            kept = session.config.cache.mkdir("wasm")
            share_component(Path(home), kept)
            patched.setenv("XDG_CACHE_HOME", home)
            made = wasm_build.compiled().name
            for old in kept.glob("guest-*"):
                if old.name != made:
                    old.unlink(missing_ok=True)  # other processes run tests too


@pytest.fixture(scope="session")
def wasm_cache(pytestconfig: pytest.Config) -> Path:
    """Where the compiled WebAssembly component is kept from one run of the tests to the next."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("wasm")


@pytest.fixture(autouse=True)
def own_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, wasm_cache: Path
) -> Path:
    """No test sees the user's own settings, keys or git configuration, or writes into their home."""
    home = tmp_path_factory.mktemp("home")
    share_component(home / "cache", wasm_cache)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RLM_MODEL", "RLM_SUB_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return home
