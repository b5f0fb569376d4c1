"""Code of the repository runs in the program's process, when it is asked for, and all that ran is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from rlm_core.workspace.snapshot import Skipped
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rlm_core.sandbox.base import CellResult, Session
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

NET = """
import requests
from requests.adapters import HTTPAdapter, Retry
from typing import TypeVar

T = TypeVar("T", bound=HTTPAdapter)


class Adapter(HTTPAdapter):
    def __init__(self, retry: Retry | None = None, *fields: Retry[int]):
        super().__init__(retry)
        self.mount("x")


@requests.cached
def get():
    return 7


class Client:
    @requests.hooked(times=3)
    def both(self):
        return get() * 2


get.options.append("quiet")
requests.hooks["get"] = get


def status():
    return requests.get("http://x").status_code == 200
"""
FILES = {
    "src/shop/__init__.py": "from .cart import total\nfrom .rates import RATE as rate\n",
    "src/shop/cart.py": "from . import rates\nimport shop.one\n\ndef total(n):\n    return n * rates.RATE\n",
    "src/shop/rates.py": "RATE = 3\nprint('rates run')\n",
    "src/shop/one.py": "from shop import two\nONE = 1\n",
    "src/shop/two.py": "import shop.one as one\n\ndef three():\n    return one.ONE + 2\n",
    "src/shop/fast.py": "try:\n    from ._fast import run\nexcept ImportError:\n    run = 'slow'.upper\n",
    "src/shop/only_fast.py": "from ._fast import run\n",
    "src/shop/_fast.c": "int run(void);\n",
    "src/shop/net.py": NET,
    "src/shop/data.py": "import os, pkgutil\nHERE = os.path.dirname(os.path.abspath(__file__))\n"
    "def packed():\n    return pkgutil.get_data('shop', 'data.txt')\n"
    "def opened():\n    return open(os.path.join(HERE, 'data.txt')).read()\n",
    "src/shop/data.txt": "9 euro\n",
    "src/shop/lazy.py": "def late():\n    from shop.latest import WHEN\n    return WHEN\n",
    "src/shop/latest.py": "WHEN = 'now'\n",
    "src/shop/needs_made.py": "from shop import _made\nimport tools.dup\n",
    "src/json.py": "dumps = None\n",
    "other/needs.py": "import shelf.here\n",
    "pkgs/shelf/shelf/here.py": "HERE = 1\n",
    "a/tools/dup.py": "WHICH = 'a'\n",
    "b/tools/dup.py": "WHICH = 'b'\n",
    "evil.py": "import builtins, sys\nbuiltins.len = lambda _: 42\nsys.modules['re'] = None\n1 / 0\n",
}


@pytest_asyncio.fixture(loop_scope="module")
async def session(sandbox: WorkerSandbox[Any]) -> AsyncIterator[Session]:
    skipped = [Skipped("src/shop/_made.py", "generated")]
    opened = await sandbox.open(snapshot_of(FILES, skipped), {})
    yield opened
    await opened.close()


async def ran(session: Session, program: str) -> CellResult:
    result = await session.run(program)
    assert result.error is None
    return result


async def test_packages_with_relative_imports_reexports_and_circles(session: Session) -> None:
    result = await ran(session, "shop = context.load('shop')\nshop.total(2), shop.rate, shop.one.two.three()")
    assert result.output == "rates run\n(6, 3, 3)\n"
    assert result.loaded == ("shop", "shop.cart", "shop.rates", "shop.one", "shop.two")
    again = await ran(session, "import shop.fast\ncontext.load('src/shop/cart.py').__name__, shop.fast.run()")
    assert (again.output, again.loaded) == ("('shop.cart', 'SLOW')\n", ("shop.fast",))
    late = await ran(session, "context.load('shop.lazy').late()")
    assert (late.output, late.loaded) == ("'now'\n", ("shop.lazy", "shop.latest"))


async def test_nothing_runs_that_was_not_asked_for(session: Session) -> None:
    result = await session.run("import shop")
    assert "there is only the standard library" in str(result.error)
    assert result.loaded == ()


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("context.load('shop.crat')", "There is no module shop.crat in the context. Did you mean shop.cart"),
        ("context.load('src/shop/cat.py')", "No file 'src/shop/cat.py' in the workspace. Did you mean"),
        ("context.load('a-b')", "'a-b' is neither the name of a module, as a.b, nor a path"),
        ("context.load('shop._made')", "src/shop/_made.py is not part of the context: generated."),
        ("context.load('json')", "json is a module of the sandbox itself"),
        ("context.load('tools.dup')", "could be any of a/tools/dup.py, b/tools/dup.py: load one"),
        ("context.load('shop', stubs=['json'])", "json is there already; stubs are for modules that are not"),
        (
            "context.load('shop.only_fast')",
            "No module named 'shop._fast' (it is not installed: there is only the standard library)\n"
            "The context has src/shop/_fast.c: load it first, if it is meant.\n"
            "context.load(…, stubs=['shop._fast']) has a stub stand in for it.",
        ),
        ("context.load('other/needs.py')", "The context has pkgs/shelf/shelf/here.py: load it first"),
        ("context.load('shop.data').opened()", "The sandbox has no files, network or processes"),
        ("context.load('evil')", '  File "evil.py", line 4, in <module>\n    1 / 0\n'),
    ],
)
async def test_what_cannot_be_loaded_is_told(session: Session, program: str, error: str) -> None:
    result = await session.run(program)
    assert error in str(result.error)
    assert "importlib" not in str(result.error)


async def test_paths_tell_packages_of_one_name_apart(session: Session) -> None:
    program = "[context.load(f'{folder}/tools/dup.py').WHICH for folder in 'aba']"
    assert (await ran(session, program)).output == "['a', 'b', 'a']\n"
    await ran(session, "context.load('shelf.here')")
    assert (await ran(session, "context.load('other/needs.py').shelf.here.HERE")).output == "1\n"


async def test_data_of_a_package_and_its_source(session: Session) -> None:
    await ran(session, "import inspect\ndata = context.load('shop.data')")
    assert (await ran(session, "data.packed(), data.HERE")).output == "(b'9 euro\\n', '/src/shop')\n"
    shown = await ran(session, "print(inspect.getsource(data.packed), inspect.getsource(data)[:6])")
    assert shown.output == "def packed():\n    return pkgutil.get_data('shop', 'data.txt')\n import\n"


async def test_stubs_let_code_be_imported_and_give_no_values(session: Session) -> None:
    result = await ran(
        session,
        "net = context.load('shop.net', stubs=['requests'])\n"
        "net.Client().both(), net.Adapter().retry, isinstance(1, net.Retry)",
    )
    assert result.output.endswith("(14, <stub requests.adapters.HTTPAdapter.retry>, False)\n")
    assert result.stubbed == (
        *("requests.adapters.HTTPAdapter", "requests.adapters.Retry", "requests.cached", "requests.hooked"),
        "requests.hooks",
    )
    failed = await session.run("net.status()")
    assert 'File "src/shop/net.py", line 31, in status' in str(failed.error)
    assert (
        "<stub requests.get().status_code> has no value, and the code needs one. Give it: "
        'stubs={"requests": {"get": …}}; all other names stay stubs.'
    ) in str(failed.error)


async def test_stubs_may_be_given(session: Session) -> None:
    await ran(session, "context.load('shop.net', stubs=['requests'])")
    given = await ran(
        session,
        "from types import SimpleNamespace as Space\n"
        "fake = lambda url: Space(status_code=200)\n"
        "net = context.load('shop.net', stubs={'requests': {'get': fake}})\n"
        "fast = context.load('shop.only_fast', {'requests': {'get': fake}, 'shop._fast': Space(run=len)})\n"
        "net.status(), fast.run('abc'), fast.run is len",
    )
    assert given.output.endswith("(True, 3, True)\n")
    assert "shop.net" in given.loaded
    assert "requests.get" not in given.stubbed


async def test_what_code_does_to_the_interpreter_is_the_sessions_own(
    sandbox: WorkerSandbox[Any], session: Session
) -> None:
    assert "ZeroDivisionError" in str((await session.run("context.load('evil')")).error)
    went_on = await ran(session, "print(context['evil.py'][:6], context.load('shop.rates').RATE)")
    assert went_on.output.endswith("import 3\n")
    other = await sandbox.open(snapshot_of(FILES), {})
    assert (await ran(other, "import re\nlen(re.findall('a', 'aa'))")).output == "2\n"
    await other.close()
