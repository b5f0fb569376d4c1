"""Resources, completion, prompts and subscriptions, in both protocol eras."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    PromptReference,
    ResourceTemplateReference,
    ResourceUpdatedNotification,
)

from rlm_mcp.server import argument_completion
from tests.mcp.clients import ERAS, FILES, attached, connected
from tests.support.files import git_repository, write_tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write_tree(tmp_path, {"outside.txt": "not yours\n"})
    return git_repository(
        tmp_path / "repo", {**FILES, "logo.png": b"\x89PNG\0", "notes/a file.md": "spaced\n"}
    )


async def read(client: Any, uri: str) -> str:
    return (await client.read_resource(uri)).contents[0].text


@pytest.mark.parametrize("mode", ERAS)
async def test_the_workspace_and_its_files_are_resources(repository: Path, mode: str) -> None:
    async with attached(repository, mode) as client:
        assert [item.uri for item in (await client.list_resources()).resources] == ["rlm://workspace"]
        templates = {
            item.uri_template for item in (await client.list_resource_templates()).resource_templates
        }
        assert templates == {"rlm://file/{+path}", "rlm://outline/{+path}", "rlm://run/{id}"}
        workspace = await read(client, "rlm://workspace")
        for words in (
            str(repository),
            "4 files",
            "Python 2",
            "### binary (1)",
            "- logo.png",
            "none is configured",
        ):
            assert words in workspace, words
        assert await read(client, "rlm://file/shop/cart.py") == FILES["shop/cart.py"]
        assert await read(client, "rlm://file/notes/a%20file.md") == "spaced\n"
        outline = await read(client, "rlm://outline/shop/cart.py")
        assert "total_price" in outline
        assert "pay" in await read(client, "rlm://outline/shop/")


@pytest.mark.parametrize(
    "uri",
    [
        "rlm://file/../outside.txt",
        "rlm://file/shop/../../outside.txt",
        "rlm://file/%2e%2e/outside.txt",
        "rlm://file/%2e%2e%2foutside.txt",
        "rlm://file//etc/passwd",
        "rlm://file/%2Fetc%2Fpasswd",
        "rlm://file/C:%5Cwindows",
        "rlm://file/shop/cart.py%00.txt",
        "rlm://file/.git/config",
        "rlm://file/logo.png",
        "rlm://file/link.txt",
        "rlm://outline/../outside.txt",
        "rlm://run/../../state",
        "rlm://nothing/at/all",
        "file:///etc/passwd",
    ],
)
async def test_no_uri_leaves_the_workspace(repository: Path, uri: str) -> None:
    (repository / "link.txt").symlink_to("../outside.txt")
    async with attached(repository) as client:
        with pytest.raises(MCPError) as error:
            await client.read_resource(uri)
        assert error.value.error.code == -32602
        assert "root:" not in str(error.value)


@pytest.mark.parametrize("mode", ERAS)
async def test_paths_and_symbols_are_completed(repository: Path, mode: str) -> None:
    async with attached(repository, mode) as client:
        file = ResourceTemplateReference(uri="rlm://file/{+path}")
        found = (await client.complete(file, {"name": "path", "value": "cart"})).completion
        assert (found.values, found.has_more) == (["shop/cart.py"], False)
        found = (await client.complete(file, {"name": "path", "value": "shop/"})).completion
        assert found.values == ["shop/cart.py", "shop/checkout.py"]
        explain = PromptReference(name="explain-symbol")
        found = (await client.complete(explain, {"name": "symbol", "value": "total_price"})).completion
        assert found.values == ["Cart.total_price"]
        nothing = (await client.complete(explain, {"name": "symbol", "value": ""})).completion
        assert nothing.values == []


async def test_a_completion_keeps_nobody_waiting(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pattern backtracks for ages on the second name; what else is looked up needs the same worker."""
    monkeypatch.setattr(argument_completion, "SYMBOL_SECONDS", 0.5)
    write_tree(repository, {"shop/slow.py": f"def {'a' * 60}b(): pass\ndef {'a' * 60}(): pass\n"})
    explain = PromptReference(name="explain-symbol")
    async with attached(repository) as client:
        for typed in ("*a" * 20 + "*b", "(" * 3000):
            found = (await client.complete(explain, {"name": "symbol", "value": typed})).completion
            assert found.values == []
        assert "total_price" in await read(client, "rlm://outline/shop/")


@pytest.mark.parametrize("mode", ERAS)
async def test_prompts_tell_what_to_do(repository: Path, mode: str) -> None:
    async with attached(repository, mode) as client:
        prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        assert set(prompts) == {"ask", "explain-symbol", "impact-of-change", "review-diff"}
        assert all(prompt.title and prompt.description for prompt in prompts.values())
        for name, arguments, words in (
            ("ask", {"question": "How?", "scope": "src/ *.py"}, ["How?", "rlm_query", "'*.py'"]),
            ("explain-symbol", {"symbol": "Cart"}, ["context.find('Cart')"]),
            ("impact-of-change", {"change": "drop VAT"}, ["drop VAT"]),
            ("review-diff", {}, ["context.changed('HEAD')"]),
        ):
            (message,) = (await client.get_prompt(name, arguments)).messages
            assert message.role == "user"
            for word in words:
                assert word in message.content.text


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("ask", {"scope": "src/"}, "The prompt ask needs the argument question."),
        ("explain-symbol", None, "The prompt explain-symbol needs the argument symbol."),
        ("review-diff", {"until": "HEAD"}, "The prompt review-diff takes no until; it takes since."),
        ("aks", {}, "There is no prompt 'aks', only ask, explain-symbol"),
    ],
)
async def test_a_wrong_call_of_a_prompt_is_told(
    repository: Path, mode: str, name: str, arguments: dict[str, str] | None, words: str
) -> None:
    async with attached(repository, mode) as client:
        with pytest.raises(MCPError) as raised:
            await client.get_prompt(name, arguments)
    assert raised.value.code == INVALID_PARAMS
    assert words in raised.value.message


async def test_a_changed_file_is_announced_to_modern_clients(repository: Path) -> None:
    uris = ["rlm://file/shop/cart.py", "rlm://outline/shop/cart.py"]
    async with attached(repository) as client, client.listen(resource_subscriptions=uris) as events:
        write_tree(repository, {"README.md": "# Another\n", "shop/cart.py": "class Basket:\n    pass\n"})
        async with asyncio.timeout(20):
            seen = {(await anext(aiter(events))).uri, (await anext(aiter(events))).uri}
        assert seen == set(uris)
        assert "Basket" in await read(client, uris[0])


@pytest.mark.filterwarnings("ignore:resources/:mcp.shared.exceptions.MCPDeprecationWarning")
async def test_no_subscription_takes_much_memory(repository: Path) -> None:
    async with attached(repository, "legacy") as client:
        with pytest.raises(MCPError, match="has a URI of 1,000,011 characters"):
            await client.subscribe_resource("rlm://file/" + "a" * 1_000_000)


@pytest.mark.filterwarnings("ignore:resources/:mcp.shared.exceptions.MCPDeprecationWarning")
async def test_subscriptions_beyond_the_limit_are_refused(repository: Path) -> None:
    uris = [f"rlm://file/{number}" for number in range(257)]
    async with attached(repository, "legacy") as older:
        for uri in (*uris[:256], uris[0]):
            await older.subscribe_resource(uri)
        with pytest.raises(MCPError, match="256 subscriptions at most"):
            await older.subscribe_resource(uris[256])
        await older.unsubscribe_resource(uris[0])
        await older.subscribe_resource(uris[256])
    async with attached(repository) as newer:
        with pytest.raises(MCPError, match="256 subscriptions at most"):
            async with newer.listen(resource_subscriptions=uris):
                pass


@pytest.mark.filterwarnings("ignore:resources/:mcp.shared.exceptions.MCPDeprecationWarning")
async def test_a_changed_file_is_announced_to_older_clients(repository: Path) -> None:
    updated: asyncio.Queue[str] = asyncio.Queue()

    async def seen(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            updated.put_nowait(message.params.uri)

    async with connected(repository, "legacy", message_handler=seen) as client:
        assert client.server_capabilities.resources.subscribe is True
        await client.subscribe_resource("rlm://file/notes/a%20file.md")
        await client.subscribe_resource("rlm://file/README.md")
        await client.unsubscribe_resource("rlm://file/README.md")
        write_tree(repository, {"README.md": "# Another\n"})
        write_tree(repository, {"notes/a file.md": "changed\n"})
        assert await asyncio.wait_for(updated.get(), 20) == "rlm://file/notes/a%20file.md"
        assert updated.empty()
