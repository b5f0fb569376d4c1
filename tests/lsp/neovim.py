"""A real headless Neovim with the plugin of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pynvim  # type: ignore[import-untyped]  # it has no annotations
import pytest

from tests.lsp.editor import SERVER

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGIN = Path(__file__).parents[2] / "editor-clients" / "neovim"
OLDEST = (0, 11)
WAIT_SECONDS = 20
COLUMNS, LINES = 100, 30
# `vim.notify` is where plugins of the user's choice show messages.
RECORD = "said = {}; vim.notify = function(text) table.insert(said, text) end"
HELPERS = """
function screen()
  vim.cmd.redraw()
  local rows = {}
  for row = 1, vim.o.lines do
    local cells = {}
    for column = 1, vim.o.columns do
      cells[column] = vim.fn.screenstring(row, column)
    end
    rows[row] = table.concat(cells)
  end
  return table.concat(rows, '\\n')
end

function shows(text)
  return screen():find(text, 1, true) ~= nil
end
"""


class Neovim:
    """Neovim, seen as its user sees it."""

    def __init__(self, nvim: pynvim.Nvim) -> None:
        self.nvim = nvim

    def command(self, line: str) -> None:
        """Runs an Ex command."""
        self.nvim.command(line)

    def type(self, keys: str) -> None:
        """Presses keys."""
        self.nvim.input(keys)

    def lua(self, code: str, *arguments: Any) -> Any:
        """Runs Lua; `...` are the arguments."""
        return self.nvim.exec_lua(code, *arguments)

    def wait(self, condition: str) -> None:
        """Lets Neovim work until a Lua expression holds.

        Between the looks Neovim waits for keys, as it does for a user; inside of `vim.wait` it never does.
        """
        deadline = monotonic() + WAIT_SECONDS
        while not (held := self.lua(f"return (vim.wait(20, function() return {condition} end, 10))")):
            if monotonic() > deadline:
                break
        assert held, f"{condition}\n\nscreen:\n{self.screen()}\n\nmessages:\n{self.messages()}"

    def wait_for_answer(self) -> list[str]:
        """The text of the answer window, once it is the current one."""
        self.wait("vim.api.nvim_buf_get_name(0) == 'rlm://answer'")
        return list(self.nvim.current.buffer[:])

    def quickfix(self) -> dict[str, Any]:
        """Title and items of the quickfix list, files by name."""
        places: dict[str, Any] = self.lua(
            "local list = vim.fn.getqflist({ title = 1, items = 1 })\n"
            "for _, item in ipairs(list.items) do item.file = vim.api.nvim_buf_get_name(item.bufnr) end\n"
            "return list"
        )
        return places

    def messages(self) -> str:
        """What `:messages` shows."""
        return str(self.nvim.api.exec2("messages", {"output": True})["output"])

    def screen(self) -> str:
        """What is on the screen."""
        return str(self.lua("return screen()"))


@contextmanager
def neovim(folder: Path, *files: str) -> Iterator[Neovim]:
    """Neovim in a folder, without any configuration but the plugin, with some files open."""
    plugin = f"set runtimepath^={PLUGIN}"
    nvim = pynvim.attach(
        "child", argv=[_executable(), "--embed", "--clean", "-n", "--cmd", plugin, "--cmd", f"cd {folder}"]
    )
    try:
        nvim.ui_attach(COLUMNS, LINES, rgb=True)
        nvim.exec_lua(HELPERS)
        nvim.exec_lua("vim.lsp.config('rlm', { cmd = { ... } })", SERVER)
        for file in files:
            nvim.command(f"edit {file}")
        yield Neovim(nvim)
    finally:
        with suppress(EOFError, OSError):  # the answer to `:qall!` is the end of the pipe
            nvim.command("qall!")
        nvim.close()


def _executable() -> str:
    found = os.environ.get("RLM_TEST_NVIM") or shutil.which("nvim")
    if found is None:
        return _missing("There is no Neovim; .ci/install-neovim gets one, RLM_TEST_NVIM says where it is.")
    shown = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"NVIM v(\d+)\.(\d+)", shown)
    if version is None or tuple(map(int, version.groups())) < OLDEST:
        return _missing(f"{found} is older than Neovim 0.11.")
    return found


def _missing(why: str) -> str:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
