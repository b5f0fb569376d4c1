"""What is special about programs in WebAssembly: how they end, what they may ask, what is around them."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from rlm_core.config import SandboxSettings
from rlm_core.errors import SandboxError
from rlm_core.sandbox import choice
from rlm_core.sandbox.base import LockError
from rlm_core.sandbox.host import wasm_build
from rlm_core.sandbox.host.spawning import WasmSandbox
from rlm_core.sandbox.lock.linux import landlock
from tests.sandbox.test_escapes import AS_NOBODY, NOBODY, ROOT, SAME_FOR_ALL, needs_root, run_all
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

in_module_loop = pytest.mark.asyncio(loop_scope="module")

FILES = {
    "shop/cart.py": "class Cart:\n    def total(self):\n        return sum(self.prices)\n",
    "shop/app.py": "from shop.cart import Cart\n\nprint(Cart().total())\n",
    "README.md": "# Shop\n",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty() -> AsyncIterator[WasmSandbox]:
    """Cells may run for a moment only."""
    opened = WasmSandbox(SandboxSettings(cell_seconds=0.5, memory_mb=256, output_chars=1_000))
    yield opened
    await opened.close()


@in_module_loop
@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "import time; time.sleep(600)",
        "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')",
        "sum(range(10 ** 12))",
        "while True: print('x' * 10_000)",
    ],
)
async def test_a_cell_that_runs_too_long_is_killed_and_the_session_goes_on(
    hasty: WasmSandbox, program: str
) -> None:
    session = await hasty.open("text", {})
    await session.run("kept = 'yes'\ngone = iter([1])\ndef f(): return kept")
    result = await session.run(f"print('before')\n{program}")
    assert result.error == (
        "The cell ran longer than the 0.5 s that it may (waiting for sub-calls not counted). It was killed: "
        "programs cannot be interrupted in this sandbox. The REPL was started again with the variables as "
        "they were before this cell, but for those that are lost."
    )
    assert result.output.startswith("before\n")
    assert result.lost == ("gone",)
    assert (await session.run("f(), context")).output == "('yes', 'text')\n"
    await session.close()


@in_module_loop
@pytest.mark.parametrize(
    "crash",
    [
        "import os; os._exit(3)",
        "import os; os.abort()",
        "import wit_world; wit_world.receive(-1.0)",
    ],
)
async def test_a_crash_is_told_and_the_next_cell_starts_afresh(hasty: WasmSandbox, crash: str) -> None:
    session = await hasty.open("text", {})
    await session.run("kept = 1")
    result = await session.run(crash)
    assert result.error is not None
    assert "The REPL was started again" in result.error
    assert (await session.run("kept, context")).output == "(1, 'text')\n"
    await session.close()


@in_module_loop
@pytest.mark.parametrize(
    "deep",
    [
        "def f(): return f()\nf()",
        "a = []\nfor _ in range(100_000): a = [a]\nrepr(a)",
        "import json\njson.loads('[' * 100_000)",
        "compile('(' * 100_000 + ')' * 100_000, '', 'eval')",
        "import re; re.compile('(' * 100_000 + ')' * 100_000)",
    ],
)
async def test_depth_is_an_error(wasm: WasmSandbox, deep: str) -> None:
    session = await wasm.open("", {})
    result = await session.run(f"kept = object()\n{deep}")
    assert result.error is not None
    assert result.error.startswith("Traceback") or "MemoryError" in result.error, result.error
    assert (await session.run("type(kept).__name__")).output == "'object'\n", "the session has survived"
    await session.close()


@in_module_loop
async def test_a_forged_checkpoint_harms_nobody_but_its_session(wasm: WasmSandbox) -> None:
    other = await wasm.open("other", {})
    await other.run("kept = 2")
    for state in ("ÿ" * 8, "(" * 1000, "c" + "\x01" * 500, ")\x02\xe9\x01\x00\x00\x00"):
        session = await wasm.open("text", {})
        forged = (
            "import os, wit_world\nfrom rlm_core.sandbox import wire\n"
            f"frame = wire.encode({{'op': 'saved', 'state': {state!r}}})\n"
            "wit_world.send(frame.decode('latin-1')); os._exit(0)"
        )
        assert "has ended" in ((await session.run(forged)).error or "")
        assert (await session.run("context")).output == "'text'\n"
        await session.close()
    assert (await other.run("context, kept")).output == "('other', 2)\n"
    await other.close()


@in_module_loop
async def test_a_cell_saves_its_checkpoint_once(wasm: WasmSandbox) -> None:
    session = await wasm.open("text", {})
    await session.run("import wit_world\nfrom rlm_core.sandbox import wire\nkept = 1")
    result = await session.run(
        "frame = wire.encode({'op': 'saved', 'state': ''}).decode('latin-1')\n"
        "while True: wit_world.send(frame)"
    )
    assert (result.error or "").startswith("The program wrote to the sandbox's own channel: saved.")
    assert (await session.run("context")).output == "'text'\n"
    await session.close()


@in_module_loop
async def test_the_workspace_is_there(wasm: WasmSandbox) -> None:
    session = await wasm.open(snapshot_of(FILES), {})
    for program, output in {
        "len(context), 'README.md' in context, list(context)[0]": "(3, True, 'README.md')\n",
        "context.grep('total')": "shop/app.py:3: print(Cart().total())\nshop/cart.py:2: def total(self):\n",
        "context.find('Cart.total')[0].signature": "'def total(self):'\n",
        "context.slice(context.find('total')[0]).end_line": "3\n",
        "[h.path for h in context.references('Cart')]": "['shop/app.py', 'shop/app.py', 'shop/cart.py']\n",
        "context['README.md']": "'# Shop\\n'\n",
        "context.files()[1].language, context.files()[1].lines": "('Python', 3)\n",
    }.items():
        result = await session.run(program)
        assert (result.error, result.output) == (None, output)
    missing = await session.run("context['nowhere.py']")
    assert "QueryError" in (missing.error or "")
    assert "class Context" in (await session.run("help(context)")).output
    await session.close()


@in_module_loop
@pytest.mark.parametrize(
    "message",
    [
        "''",
        "'x' * 10_000_000",
        "'\\0' * 100",
        "chr(0x10ffff) * 10",
        "asked('__class__')",
        "asked('_snapshot')",
        "asked('__init__', 1)",
        "asked('grep', {'kind': 'Slice', 'fields': []})",
        "asked('chunks', '*', -1)",
        "asked('grep', 'a' * 1_000_000)",
        "asked('lines', 'README.md', 0, 10 ** 18)",
    ],
)
async def test_whatever_a_guest_requests_is_answered_or_its_own_end(wasm: WasmSandbox, message: str) -> None:
    session = await wasm.open(snapshot_of(FILES), {})
    await session.run(
        "import wit_world\nfrom rlm_core.sandbox import wire\n"
        "def asked(member, *args):\n"
        "    message = {'member': member, 'args': args, 'kwargs': {}}\n"
        "    return wire.encode(message).decode('latin-1')"
    )
    result = await session.run(
        f"answer = wit_world.ask({message}); answer[:1] in '+-', b'Snapshot' in answer"
    )
    assert result.error is not None or result.output.startswith("(True, "), result
    assert (await session.run("len(context)")).output == "3\n"
    await session.close()


@in_module_loop
async def test_each_session_has_random_numbers_of_its_own(wasm: WasmSandbox) -> None:
    program = "import random, secrets, uuid; random.random(), secrets.token_hex(8), uuid.uuid4(), hash('a')"
    drawn = set()
    for _ in range(3):
        session = await wasm.open("", {})
        drawn.add((await session.run(program)).output)
        await session.close()
    assert len(drawn) == 3


@in_module_loop
async def test_closing_and_cancelling_end_the_process() -> None:
    sandbox = WasmSandbox(SandboxSettings())
    sessions = await asyncio.gather(*(sandbox.open("", {}) for _ in range(6)))
    processes = [session._process for session in sessions]
    running = [asyncio.create_task(session.run("while True: pass")) for session in sessions[:3]]
    await sessions[3].close()
    running[0].cancel()
    await asyncio.wait(running[:1])
    opening = asyncio.create_task(sandbox.open("", {}))
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.wait([opening])
    await sandbox.close()
    assert not any(process.alive for process in processes if process is not None)
    for task in running[1:]:
        assert "has ended" in ((await task).error or "")


def test_a_worker_ends_with_its_host() -> None:
    """Even one that burns, and even where the kernel does not see to it."""
    program = """
import asyncio, os, sys
from rlm_core.config import SandboxSettings
from rlm_core.sandbox.host.spawning import WasmSandbox
async def main():
    session = await WasmSandbox(SandboxSettings()).open("", {})
    task = asyncio.create_task(session.run("print('burning', flush=True)\\nwhile True: pass", lambda _: (
        print(session._process._process.pid, flush=True), os._exit(0))))
    await task
asyncio.run(main())
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    worker = Path("/proc", ran.stdout.strip())
    assert worker.name.isdigit(), ran.stderr
    while worker.exists() and "\nState:\tZ" not in (worker / "status").read_text():
        pass  # the test's own time limit ends the waiting


@pytest.fixture
def anyones_cache(tmp_path: Path, wasm_cache: Path) -> Path:
    """A cache folder with the component in it that belongs to nobody, for workers started by nobody."""
    wasm_build.compiled()
    cache = tmp_path / "cache"
    shutil.copytree(wasm_cache, cache / "rlm-mcp" / "wasm")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    if os.geteuid() == 0:
        for path in (cache, *cache.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    return cache


LANDLOCK = f"Landlock (ABI {landlock.version()})" if landlock.version() else "no Landlock in this kernel"
SETTINGS = {
    "behind the whole lock": ([], f"resource limits, {LANDLOCK}, a system call filter"),
    "without Landlock": (
        ["--no-landlock"],
        "resource limits, no Landlock in this kernel, a system call filter",
    ),
    "without filters": (["--no-seccomp"], f"resource limits, {LANDLOCK}"),
    "without either": (["--no-landlock", "--no-seccomp"], "resource limits, no Landlock in this kernel"),
}


@needs_root
@pytest.mark.parametrize(("flags", "around"), SETTINGS.values(), ids=SETTINGS)
def test_nothing_gets_out_as_an_ordinary_user(anyones_cache: Path, flags: list[str], around: str) -> None:
    found, isolated_by = run_all("--wasm", *flags, through=AS_NOBODY, cache=anyones_cache)
    assert found["leaked"] == {name: ["LEAK"] for name in found["leaked"]}
    assert found["leaked"].keys() <= SAME_FOR_ALL
    assert (found["uid"], found["probes"]) == (NOBODY, [])
    assert isolated_by.endswith(f"around it: {around}")


def test_linux_falls_back_to_it_where_a_process_cannot_be_locked(own_home: Path) -> None:
    found, isolated_by = run_all("--auto", "--no-seccomp", cache=own_home / "cache")
    assert found["leaked"].keys() <= SAME_FOR_ALL
    assert found["probes"] == []
    assert isolated_by.startswith("WebAssembly, in a process of its own for each session; around it:")
    assert "(The sandbox could not lock its worker" in isolated_by


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where a component would be kept, empty."""
    folder = tmp_path / "rlm-mcp" / "wasm"
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return folder


@pytest.mark.parametrize("up", [0, 1, 2])
def test_where_others_can_write_no_code_is_loaded_from(own_cache: Path, up: int) -> None:
    (own_cache, *own_cache.parents)[up].chmod(0o777)
    with pytest.raises(SandboxError, match="Others can write to"):
        wasm_build.compiled()


def test_a_component_that_cannot_be_touched_is_used(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    made = own_cache / f"guest-{wasm_build._key()}.cwasm"
    made.touch()
    monkeypatch.setattr(os, "utime", refuse)
    assert wasm_build.compiled() == made


@pytest.mark.parametrize("damaged", [b"", b"\x7fELF" + bytes(1_000)])
def test_a_damaged_component_is_removed(own_cache: Path, damaged: bytes) -> None:
    file = own_cache / f"guest-{wasm_build._key()}.cwasm"
    file.write_bytes(damaged)

    async def opened() -> None:
        await WasmSandbox(SandboxSettings()).open("", {})

    with pytest.raises(SandboxError, match=r"could not be loaded\. .*\.cwasm was removed"):
        asyncio.run(opened())
    assert not file.exists()


def test_a_component_that_cannot_be_written_is_a_sentence(own_cache: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(SandboxError, match=r"could not be built in .*: File too large\.$"):
            wasm_build.compiled()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert names_in(own_cache) == ["lock"]


@in_module_loop
async def test_a_lock_that_has_held_does_not_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unlocked(*_: object) -> None:
        raise LockError("The sandbox could not lock its worker.")

    sandbox = choice.BestSandbox(SandboxSettings())
    session = await sandbox.open("text", {})
    monkeypatch.setattr(sandbox._current, "open", unlocked)
    with pytest.raises(LockError):
        await sandbox.open("", {})
    assert (await session.run("context")).output == "'text'\n", "others go on"
    await sandbox.close()


@pytest.mark.parametrize("system", ["darwin", "win32", "linux"])
def test_what_is_missing_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(wasm_build, "_PACKAGES", ("no-such-package", "wasmtime"))
    with pytest.raises(SandboxError, match=r"needs no-such-package; install it with its extra `wasm`"):
        choice.create(SandboxSettings(backend="auto" if system != "linux" else "wasm"))


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_have_it_by_default(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert isinstance(choice.create(SandboxSettings()), WasmSandbox)
    with pytest.raises(SandboxError, match=r"The native sandbox is Linux's"):
        choice.create(SandboxSettings(backend="native"))


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def await_build(folder: Path) -> None:
    while not [*folder.glob("building-*/lib")]:
        pass  # the test's own time limit ends the waiting


async def test_a_build_ends_with_its_sandbox(own_cache: Path) -> None:
    sandbox = WasmSandbox(SandboxSettings())
    openings = [asyncio.create_task(sandbox.open("", {})) for _ in range(2)]
    await asyncio.to_thread(await_build, own_cache)
    await sandbox.close()
    for opening in openings:
        with pytest.raises(SandboxError, match=r"The build of the WebAssembly sandbox was ended\.$"):
            await opening
    assert names_in(own_cache) == ["lock"]


def test_a_build_ends_with_its_host(own_cache: Path) -> None:
    program = """
import os, threading
from pathlib import Path
from rlm_core.sandbox.host import wasm_build
from tests.support.processes import descendants
threading.Thread(target=wasm_build.compiled, daemon=True).start()
while not (builder := descendants(os.getpid())):
    pass
builder = str(builder.pop())
while "componentize_py" not in Path("/proc", builder, "maps").read_text():  # it has begun
    pass
print(builder, flush=True)
os._exit(0)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    builder = Path("/proc", ran.stdout.strip())
    assert builder.name.isdigit(), ran.stderr
    while builder.exists() and "\nState:\tZ" not in (builder / "status").read_text():
        pass  # the test's own time limit ends the waiting
    assert [*own_cache.glob("building-*/lib")]
    assert not [*own_cache.glob("building-*/guest.wasm")]
