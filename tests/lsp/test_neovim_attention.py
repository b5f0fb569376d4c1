"""An answer that arrives in a real Neovim while its user is busy: not a key may go elsewhere."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.lsp.neovim import RECORD, neovim
from tests.support.files import git_repository
from tests.support.model_server import ModelServer, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lsp.neovim import Neovim

FILES = {"notes.txt": "one two\nthree four\n"}
ANSWER = "```repl\nFINAL('It is in notes.txt:1.')\n```"
READY = "RLM: the answer is ready: :Rlm open"
OPENED = "vim.fn.bufwinid('rlm://answer') ~= -1"

# Where the user is, and what the next key would act on.
ATTENTION = """
return {
  vim.api.nvim_get_mode(), vim.api.nvim_get_current_win(), vim.api.nvim_get_current_buf(),
  vim.fn.getpos('.'), vim.fn.getpos('v'), vim.fn.getcmdtype() .. vim.fn.getcmdline(),
  vim.fn.getcmdwintype(), vim.api.nvim_list_wins(),
}
"""
FLOAT = """
local buffer = vim.api.nvim_create_buf(false, true)
local place = { relative = 'editor', row = 3, col = 3, width = 30, height = 5 }
vim.api.nvim_open_win(buffer, true, place)
"""
# Behind whatever the response's handler does.
WATCH = """
arrived = false
vim.api.nvim_create_autocmd('LspRequest', { callback = function(event)
  local request = event.data.request
  if request.method == 'rlm/ask' and request.type == 'complete' then
    vim.defer_fn(function() arrived = true end, 0)
  end
end })
"""


class Question(NamedTuple):
    """A question asked in a Neovim, whose model answers when it is let."""

    editor: Neovim
    asked: threading.Event
    answering: threading.Event

    def ask(self) -> None:
        """Asks, from `notes.txt`, and waits until the model is asked."""
        self.asked.clear()
        self.answering.clear()
        self.editor.type("<C-\\><C-n>")
        self.editor.command("%bwipeout! | edit notes.txt | let v:errmsg = ''")
        self.editor.lua("arrived = false")
        self.editor.command("Rlm ask Where is it?")
        assert self.asked.wait(20)


@contextmanager
def asking(folder: Path, reply: Reply) -> Iterator[Question]:
    """A Neovim with its own server, and the model's one reply."""
    asked, answering = threading.Event(), threading.Event()

    def script(_request: object) -> Reply:
        asked.set()
        return replace(reply, until=answering)

    with pytest.MonkeyPatch.context() as environment, ModelServer({"root": script}) as server:
        for name, value in {
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "key",
            "RLM_MODEL": "root",
        }.items():
            environment.setenv(name, value)
        with neovim(git_repository(folder / "repo", FILES)) as editor:
            editor.lua(WATCH)
            yield Question(editor, asked, answering)
        answering.set()


# What is typed before the answer arrives and after it, and what that comes to.
KEYS = {
    "insert": ("izero ", "and a half <Esc>", "getline(1) == 'zero and a half one two'"),
    "replace": ("RON", "E<Esc>", "getline(1) == 'ONE two'"),
    "visual": ("vl", "ly", "getreg('\"') == 'one'"),
    "visual line": ("V", "jy", 'getreg(\'"\') == "one two\\nthree four\\n"'),
    "select": ("gh", "x<Esc>", "getline(1) == 'xne two'"),
    "operator-pending": ("d", "w", "getline(1) == 'two'"),
    "insert normal": ("i<C-o>", "$!<Esc>", "getline(1) == 'one two!'"),
    "command line": (":let g:x = 4", "2<CR>", "g:x == 42"),
    "search": ("/thr", "ee<CR>", "getpos('.')[1:2] == [2, 1]"),
    "command-line window": ("q:", "ilet g:y = 42<CR>", "g:y == 42"),
    "terminal": (":terminal cat<CR>i", "abcd<CR><C-\\><C-n>", "getline(1, 2) == ['abcd', 'abcd']"),
    "float": (f":lua {' '.join(FLOAT.split())}<CR>ihello", " there<Esc>", "getline(1) == 'hello there'"),
}


def test_an_answer_takes_no_key(tmp_path: Path, subtests: pytest.Subtests) -> None:
    with asking(tmp_path, Reply(ANSWER)) as question:
        editor = question.editor
        # In Visual mode Neovim would wait three seconds with a message before it shows the mode.
        editor.command("set noshowmode")
        for mode, (before, after, effect) in KEYS.items():
            with subtests.test(mode):
                question.ask()
                editor.type(before)
                was = editor.lua(ATTENTION)
                question.answering.set()
                editor.wait("arrived")
                assert editor.lua(ATTENTION) == was

                editor.type(after)
                editor.wait(OPENED)
                assert editor.nvim.current.buffer.name != "rlm://answer", "it opens without being entered"
                assert editor.nvim.api.get_mode()["mode"] in {"n", "nt"}
                editor.wait(f"vim.api.nvim_eval([=[{effect}]=]) == 1")
                editor.wait(f"shows('{READY}')")
                assert editor.nvim.vvars["errmsg"] == ""


def test_who_has_gone_on_is_told_and_opens_it(tmp_path: Path) -> None:
    with asking(tmp_path, Reply(ANSWER)) as question:
        editor = question.editor
        question.ask()
        editor.command("Rlm open")
        assert "RLM: there is no answer yet." in editor.messages()
        editor.type(":tabnew<CR>")
        was = editor.lua(ATTENTION)
        question.answering.set()
        editor.wait(OPENED)
        assert editor.lua(ATTENTION)[:-1] == was[:-1], "only the list of windows is another"
        editor.wait(f"shows('{READY}')")
        assert editor.quickfix()["title"] == "RLM: Where is it?"

        editor.command("Rlm open")
        assert editor.wait_for_answer()[0] == "# Where is it?"
        editor.type("q")
        editor.wait(f"not ({OPENED})")
        editor.command("Rlm open")
        assert editor.wait_for_answer()[0] == "# Where is it?"
        assert editor.nvim.funcs.getqflist({"nr": "$"})["nr"] == 1, "its citations are listed once"


def test_what_is_being_read_is_not_replaced(tmp_path: Path) -> None:
    with asking(tmp_path, Reply(ANSWER)) as question:
        editor = question.editor
        question.ask()
        editor.command("vimgrep /o/ notes.txt")
        editor.command("copen")
        was = editor.lua(ATTENTION)
        question.answering.set()
        editor.wait(f"shows('{READY}')")
        assert editor.lua(ATTENTION) == was
        assert "vimgrep" in editor.quickfix()["title"]

        editor.command("Rlm open")
        editor.wait_for_answer()
        assert editor.quickfix()["title"] == "RLM: Where is it?"

        editor.type(":Rlm ask And then?<CR>")
        editor.wait("not arrived or shows('asking')")
        editor.type("G")
        editor.wait(f"shows('{READY}')")
        assert editor.nvim.current.buffer[0] == "# Where is it?"
        editor.command("Rlm open")
        assert editor.nvim.current.buffer[0] == "# And then?"


def test_an_error_waits_until_nothing_is_being_typed(tmp_path: Path) -> None:
    refusal = {"message": "No such key.", "code": "invalid_api_key"}
    with asking(tmp_path, Reply(status=401, error=refusal)) as question:
        editor = question.editor
        question.ask()
        editor.lua(RECORD)
        editor.type(":let g:x = 4")
        was = editor.lua(ATTENTION)
        question.answering.set()
        editor.wait("arrived")
        assert editor.lua(ATTENTION) == was
        assert editor.lua("return said") == []
        editor.type("2<CR>")
        editor.wait("vim.g.x == 42 and #said == 1")
        assert "refused the key" in editor.lua("return said[1]")
