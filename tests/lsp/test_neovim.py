"""The Neovim plugin, in a real Neovim with the real `rlm-lsp`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.lsp.neovim import RECORD, neovim
from tests.support.files import git_repository
from tests.support.model_server import ModelServer, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.model_server import Request

FILES = {
    "shop/cart.py": (
        "class Cart:\n"
        "    def total_price(self, vat_rate):\n"
        "        net = sum(item.price for item in self.items)\n"
        "        return net * (1 + vat_rate)\n"
    ),
    "README.md": "# Shop\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


def use(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every server started from here on ask this model."""
    for name, value in {"BASE_URL": server.url, "API_KEY": "key"}.items():
        monkeypatch.setenv(f"OPENAI_{name}", value)
    monkeypatch.setenv("RLM_MODEL", "root")


def test_an_answer_opens_with_its_citations_in_the_quickfix_list(repository: Path) -> None:
    with neovim(repository, "shop/cart.py") as editor:
        editor.command("Rlm ask Where is `total_price` computed?")
        text = editor.wait_for_answer()
        assert text[0] == "# Where is `total_price` computed?"
        assert text[2] == f"`{repository}`"
        assert any("total_price" in line for line in text[1:])
        assert any("OPENAI_API_KEY" in line for line in text), "says how to configure a model"
        options = editor.lua("return { vim.bo.filetype, vim.bo.buftype, vim.bo.modifiable }")
        assert options == ["markdown", "nofile", False]

        places = editor.quickfix()
        assert places["title"] == "RLM: Where is `total_price` computed?"
        place = next(item for item in places["items"] if item["file"] == str(repository / "shop/cart.py"))
        assert place["lnum"] <= 2 <= place["end_lnum"]

        editor.type("q")
        editor.wait("vim.fn.winnr('$') == 1")
        editor.type(":Rlm ask<CR>And where is `vat_rate`?<CR>")
        assert editor.wait_for_answer()[0] == "# And where is `vat_rate`?"
        assert editor.quickfix()["title"] == "RLM: And where is `vat_rate`?"


def test_unsaved_text_and_the_selection_are_part_of_the_question(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "```repl\nFINAL(repr(context['README.md']))\n```"
    with ModelServer({"root": [program, program]}) as server:
        use(server, monkeypatch)
        with neovim(repository, "README.md") as editor:
            editor.command("lua vim.lsp.enable('rlm')")
            editor.wait("vim.lsp.get_clients({ name = 'rlm', bufnr = 0 })[1] ~= nil")
            editor.type("osay \U0001f600one two<Esc>")
            editor.wait("vim.fn.getline(2) ~= ''")
            editor.type("0f\U0001f600lve:Rlm ask What is this?<CR>")
            text = editor.wait_for_answer()
            assert repr("# Shop\nsay \U0001f600one two\n") in "\n".join(text)
            prompt = server.prompts("root")[0]
            assert "What is this?" in prompt
            assert ">\nREADME.md:2\n\none\n</subject " in prompt

            editor.type("q")
            editor.wait("vim.fn.winnr('$') == 1")
            editor.command("1,2Rlm ask And these lines?")
            editor.wait_for_answer()
            second = server.prompts("root")[1]
            assert ">\nREADME.md:1-2\n\n# Shop\nsay \U0001f600one two\n</subject " in second


def test_a_question_is_about_the_project_that_it_is_asked_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "```repl\nFINAL(repr([(path, context[path]) for path in context]))\n```"
    one = git_repository(tmp_path / "one", {"one.py": "ONE = 1\n"})
    two = git_repository(tmp_path / "two", {"plain": "on disk\n"})
    (tmp_path / "rlm.toml").write_text("")  # further away than each project's `.git`
    with ModelServer({"root": lambda _: program}) as server:
        use(server, monkeypatch)
        with neovim(one) as editor:

            def asked() -> tuple[str, str]:
                """The folder in the head of the answer, and the answer."""
                editor.command("Rlm ask What is here?")
                _, _, folder, _, *text = editor.wait_for_answer()
                return folder, "\n".join(text)

            editor.command("lua vim.lsp.enable('rlm')")
            editor.command("edit one.py")
            editor.wait("vim.lsp.get_clients({ name = 'rlm', bufnr = 0 })[1] ~= nil")

            editor.command(f"edit {two / 'plain'}")
            editor.command("call setline(1, 'not saved')")
            folder, text = asked()
            assert folder == f"`{two}`"
            assert repr([("plain", "not saved\n")]) in text, "the buffer has no file type, but is attached"

            editor.command("quit")
            editor.command("buffer one.py")
            folder, text = asked()
            assert folder == f"`{one}`"
            assert repr([("one.py", "ONE = 1\n")]) in text


def test_a_question_from_an_answer_is_about_the_same_project(repository: Path, tmp_path: Path) -> None:
    other = git_repository(tmp_path / "other", {"late.py": "def total_price(): ...\n"})
    with neovim(repository) as editor:
        editor.command(f"edit {other / 'late.py'}")
        editor.command("Rlm ask Where is `total_price`?")
        editor.wait_for_answer()
        editor.command("Rlm ask And who calls `total_price`?")
        editor.wait("vim.fn.getline(1):find('who calls') ~= nil")
        assert editor.nvim.current.buffer[2] == f"`{other}`"


def test_progress_is_shown_and_cancel_ends_the_question(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, never = threading.Event(), threading.Event()

    def script(request: Request) -> Reply:
        asked.set()
        return Reply(until=never)

    with ModelServer({"root": script}) as server:
        use(server, monkeypatch)
        with neovim(repository, "README.md") as editor:
            editor.lua(
                "ended = false\n"
                "vim.api.nvim_create_autocmd('LspProgress', {\n"
                "  pattern = 'end', callback = function() ended = true end,\n"
                "})"
            )
            editor.command("Rlm ask Wait for it")
            editor.wait("shows('RLM: repo: turn 1/')")
            assert asked.wait(20)
            editor.command("Rlm ask Something else")
            assert "a question is being answered" in editor.messages()
            editor.command("Rlm cancel")
            editor.wait("ended")
            assert "RLM: cancelled." in editor.messages()
            editor.command("Rlm cancel")
            assert "no question is being answered" in editor.messages()
        never.set()


def test_where_there_is_no_project_nothing_is_opened_until_a_folder_is_chosen(
    repository: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    with neovim(plain) as editor:
        editor.lua(RECORD)
        editor.command("lua vim.lsp.enable('rlm')")
        editor.command("edit late.py")
        editor.command("Rlm ask What is here?")
        assert "no project was found" in editor.lua("return said[#said]")
        assert ":Rlm root DIR" in editor.lua("return said[#said]")
        assert editor.lua("return #vim.lsp.get_clients({ _uninitialized = true })") == 0

        editor.command(f"Rlm root {plain / 'nowhere'}")
        assert editor.lua("return said[#said]") == f"RLM: there is no folder {plain / 'nowhere'}."
        editor.command("Rlm root ../repo")
        assert editor.lua("return said[#said]") == f"RLM: questions are about {repository} from now on."
        editor.command("Rlm ask Where is `total_price`?")
        assert editor.wait_for_answer()[2] == f"`{repository}`"

        editor.command("quit")
        editor.command("Rlm root")
        editor.command("Rlm ask And now?")
        assert "no project was found" in editor.lua("return said[#said]")
        editor.command(f"cd {repository} | enew")
        editor.command("Rlm ask Where is `total_price` now?")
        editor.wait("vim.fn.getline(1):find('now') ~= nil")
        assert editor.nvim.current.buffer[2] == f"`{repository}`", (
            "a buffer without a file is where one works"
        )


def test_errors_are_sentences(own_home: Path, repository: Path) -> None:
    with neovim(own_home) as editor:
        editor.lua(RECORD)
        editor.command("Rlm")
        editor.command("Rlm aks")
        editor.command("Rlm root ~")
        editor.command("Rlm ask What is here?")
        editor.wait("#said > 2 and said[#said]:find('home folder') ~= nil")
        said = editor.lua("return said")
        assert said[0] == "RLM: :Rlm needs a subcommand; there is ask, cancel, open, root."
        assert said[1] == "RLM: there is no :Rlm aks; there is ask, cancel, open, root."


def test_a_missing_server_is_said(repository: Path) -> None:
    with neovim(repository, "README.md") as editor:
        editor.lua(RECORD)
        editor.lua("vim.lsp.config('rlm', { cmd = { 'no-such-server' } })")
        editor.command("Rlm ask What is here?")
        editor.wait("#said > 0 and said[#said]:find('checkhealth rlm') ~= nil")
        editor.command("checkhealth rlm")
        assert "`no-such-server` is not executable" in "\n".join(editor.nvim.current.buffer[:])


def test_subcommands_are_completed(repository: Path) -> None:
    with neovim(repository) as editor:
        assert editor.nvim.funcs.getcompletion("Rlm ", "cmdline") == ["ask", "cancel", "open", "root"]
        assert editor.nvim.funcs.getcompletion("Rlm c", "cmdline") == ["cancel"]
        assert editor.nvim.funcs.getcompletion("Rlm ask c", "cmdline") == []
        assert editor.nvim.funcs.getcompletion("Rlm root sh", "cmdline") == ["shop/"]
