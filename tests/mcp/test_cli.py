"""`rlm-mcp ask`, `exec` and `doctor` as processes: stdout, stderr and exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.files import git_repository, write_tree

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, str | bytes] = {
    "shop/cart.py": (
        "class Cart:\n"
        "    def total_price(self, vat_rate):\n"
        "        return sum(item.price for item in self.items) * (1 + vat_rate)\n"
    ),
    "shop/checkout.py": "from shop.cart import Cart\n\ndef pay(cart):\n    return cart.total_price(0.2)\n",
    "logo.png": b"\x89PNG\0",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


def rlm(*arguments: str, cwd: Path, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "rlm_mcp", *arguments],
        cwd=cwd, env={**os.environ, **env}, input=stdin, capture_output=True, text=True, timeout=50,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr or arguments[0] == "exec", done.stderr
    return done


def test_ask_prints_markdown_with_citations(repository: Path) -> None:
    done = rlm("ask", "Where is `total_price` defined?", cwd=repository / "shop")
    assert (done.returncode, done.stderr) == (0, "")
    assert "`shop/cart.py:2-3` `Cart.total_price`" in done.stdout
    assert "1 file is not part of the context: 1 binary." in done.stdout
    assert "OPENAI_API_KEY" in done.stdout


def test_ask_json_has_the_answers_fields(repository: Path) -> None:
    done = rlm("ask", "--json", "Where is `total_price` defined?", cwd=repository)
    answer = json.loads(done.stdout)
    assert answer.keys() == {
        "answer", "status", "reason", "citations", "unverified", "model", "snapshot", "usage", "run_id",
        "notes", "changed", "coverage",
    }  # fmt: skip
    assert answer["usage"]["turns"] >= 2
    assert answer["usage"]["models"]["offline"]["input_tokens"] == 0


def test_ask_with_a_model_behind_an_endpoint(repository: Path, serve_model: Any) -> None:
    program = "```repl\nprint(llm_query_batched([context[path] for path in context.files('*.py')]))\n```"
    _, env = serve_model(
        [program, "FINAL(See shop/cart.py:2 and shop/nowhere.py:7.)"], ["a cart", "a checkout"]
    )
    done = rlm("ask", "--json", "What is this?", cwd=repository, **env)
    answer = json.loads(done.stdout)
    assert answer["status"] == "complete"
    assert [item["path"] for item in answer["citations"]] == ["shop/cart.py"]
    assert answer["unverified"] == ["shop/nowhere.py:7"]
    assert answer["usage"]["sub_calls"] == 2


def test_ask_out_of_turns_is_incomplete(repository: Path, serve_model: Any) -> None:
    _, env = serve_model(["```repl\nprint(len(context))\n```", "FINAL(two or so)"])
    done = rlm("ask", "--max-turns", "1", "How many?", cwd=repository, **env)
    assert done.returncode == 3
    assert "**Incomplete:**" in done.stdout
    assert "two or so" in done.stdout


def on_terminal(arguments: list[str], cwd: Path) -> str:
    """What a terminal gets to see of a command."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "rlm_mcp", *arguments],
        cwd=cwd, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
    ):  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # the other side is closed
            pass
    os.close(ours)
    return shown.decode()


def test_ask_shows_progress_on_a_terminal(repository: Path) -> None:
    shown = on_terminal(["ask", "Where is Cart?"], repository)
    assert "turn 1/" in shown
    assert "Cart" in shown


def test_text_of_a_repository_does_not_command_a_terminal(repository: Path) -> None:
    text = "# evil: \x1b]0;owned\x07\x1b[2J \u202eback\n"
    write_tree(repository, {"evil.py": text, "\x1b[31mred\n.py": "evil = 1\n"})
    for arguments in (["exec", "print(context['evil.py'], *context)"], ["ask", "Where is evil?"]):
        shown = on_terminal(arguments, repository).replace("\x1b[K", "")
        assert not set("\x1b\x07\u202e") & set(shown)
        assert r"\x1b]0;owned" in shown
        assert r"\x1b[31mred\n.py" in shown
    write_tree(repository, {"binary\x1b[31m.bin": b"\0"})
    assert "\x1b" not in on_terminal(["doctor"], repository)
    write_tree(repository, {"rlm.toml": 'model.prices."\\u001b]0;owned" = 1\n'})
    assert "\x1b" not in on_terminal(["doctor"], repository)
    (repository / "rlm.toml").unlink()
    piped = rlm("exec", "print(context['evil.py'])", cwd=repository)
    assert text.strip() in piped.stdout, "a pipe gets what is there"


def test_first_interrupt_ends_the_run_in_order(repository: Path, serve_model: Any) -> None:
    asked = threading.Event()

    def endless(_: object) -> str:
        asked.set()
        return "```repl\nwhile True:\n    pass\n```"

    _, env = serve_model(endless)
    process = subprocess.Popen(
        [sys.executable, "-m", "rlm_mcp", "ask", "Loop."],
        cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **env},
    )  # fmt: skip
    assert asked.wait(20)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "rlm-mcp: stopping the run; press Ctrl-C again to leave at once."


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ask", "--root", "missing", "Q"], 2, "no folder missing"),
        (["serve", "--http", "0", "--root", "/"], 2, "whole file system"),
        (["ask", "--root", "empty", "Q"], 2, "no text file"),
        (["ask", "--root", "binaries", "Q"], 2, "1 binary"),
        (["ask", "--scope", "shopp/", "Q"], 1, "shopp/"),
        (["ask", "--scope", "", "Q"], 1, "A scope is empty"),
        (["ask", "--rev", "v0", "Q"], 1, "'v0' is no git revision"),
        (["exec", "--scope", "shop/", "--scope", " ", "1"], 1, "A scope is empty"),
        (["ask", "  "], 1, "question is empty"),
        (["ask", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "Q"], 1, "http://127.0.0.1:9/v1"),
        (["ask", "--max-turns", "0", "Q"], 2, "limits.turns"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_gets_a_sentence(repository: Path, arguments: list[str], code: int, words: str) -> None:
    (repository / "empty").mkdir()
    write_tree(repository, {"binaries/a.bin": b"\0"})
    done = rlm(*arguments, cwd=repository)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert done.stderr.startswith("rlm-mcp: ")


GREEDY = '[model]\nbase_url = "http://evil.example/v1"\n[limits]\nturns = 5000\n[sandbox]\nmemory_mb = 200\n'


def test_a_greedy_project_is_usable_and_what_it_does_not_get_is_told(repository: Path) -> None:
    write_tree(repository, {"rlm.toml": GREEDY})
    told = ("turns stays 30", "may not choose (model.base_url)")
    answer = json.loads(rlm("ask", "--json", "Where is `total_price` defined?", cwd=repository).stdout)
    assert (answer["status"], answer["model"]) == ("extract", "offline")
    for words in told:
        assert words in " ".join(answer["notes"])
    ran = rlm("exec", "len(context)", cwd=repository)
    assert (ran.returncode, ran.stdout) == (0, "3\n")
    examined = rlm("doctor", cwd=repository)
    assert examined.returncode == 0
    assert "memory_mb 200" in examined.stdout
    for words in told:
        assert words in ran.stderr
        assert words in examined.stdout
    assert "evil.example" not in " ".join([*answer["notes"], ran.stderr, examined.stdout])


def test_a_project_cannot_switch_the_tool_off(repository: Path) -> None:
    write_tree(repository, {"rlm.toml": "[limits]\nturns = 'many'\n"})
    ran = rlm("exec", "len(context)", cwd=repository)
    assert (ran.returncode, ran.stdout) == (0, "3\n")
    assert "rlm.toml cannot be used and is left out; rlm-mcp doctor says why." in ran.stderr


def test_exec_prints_what_the_program_prints(repository: Path) -> None:
    done = rlm("exec", "print('é')\nlen(context)", cwd=repository)
    assert (done.returncode, done.stdout, done.stderr) == (0, "é\n2\n", "")


def test_exec_reads_a_program_from_stdin(repository: Path) -> None:
    done = rlm("exec", "-", cwd=repository, stdin="for path in context:\n    print(path)\n")
    assert done.stdout == "shop/cart.py\nshop/checkout.py\n"


def test_exec_output_is_whole(repository: Path) -> None:
    done = rlm("exec", "for number in range(200_000): print(number)", cwd=repository)
    assert done.stdout == "".join(f"{number}\n" for number in range(200_000))


def test_exec_tells_how_the_workspace_was_read(repository: Path) -> None:
    write_tree(repository, {".rlmignore": "[z-a]\n"})
    done = rlm("exec", "'shop/cart.py' in context", cwd=repository)
    assert (done.returncode, done.stdout) == (0, "True\n")
    assert "note: .rlmignore has a rule that cannot be used" in done.stderr


def test_exec_shows_the_programs_error_and_fails(repository: Path) -> None:
    done = rlm("exec", "print('before')\ncontext['nope.py']", cwd=repository)
    assert (done.returncode, done.stdout) == (1, "before\n")
    assert "nope.py" in done.stderr


def test_exec_has_limits(repository: Path) -> None:
    done = rlm("exec", "--cell-seconds", "0.3", "while True: pass", cwd=repository)
    assert done.returncode == 1
    assert "0.3 s" in done.stderr


@pytest.mark.parametrize("call", ["llm_query('hello')", "rlm_query_batched(['a', 'b'])", "BUDGET()"])
def test_exec_has_no_model_and_says_what_has(repository: Path, call: str) -> None:
    done = rlm("exec", call, cwd=repository)
    assert done.returncode == 1
    assert f"{call.split('(')[0]} needs a model, and rlm-mcp exec has none. rlm-mcp ask" in done.stderr


def test_exec_shows_progress_on_a_terminal_and_leaves_the_output_whole(repository: Path) -> None:
    program = (
        "import time\nprint('one')\nprint('two', end=' ', flush=True)\ntime.sleep(0.7)\nprint('three')\n"
        "print('four', end='')"
    )
    shown = on_terminal(["exec", program], repository)
    assert "opening the workspace" in shown
    assert "running the program" in shown
    assert [line.split("\r\x1b[K")[-1] for line in shown.split("\r\n")] == ["one", "two three", "four"]


def test_exec_json(repository: Path) -> None:
    done = rlm("exec", "--json", "x = 3\nx + 1", cwd=repository)
    result = json.loads(done.stdout)
    assert (result["output"], result["error"]) == ("4\n", None)
    assert [variable["name"] for variable in result["variables"]] == ["x"]


def test_a_reader_that_leaves_is_no_error(repository: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "rlm_mcp", "exec", "for n in range(10**6): print(n)"],
        cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("command", ["ask 'Where is Cart?'", "exec 'print(1)'", "exec --json 1", "doctor"])
@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("> /dev/full", "Standard output cannot be written: No space left on device."),
        (">&-", "Standard output is closed; let it go somewhere, if only to /dev/null."),
    ],
)
def test_output_that_goes_nowhere_gets_a_sentence(
    repository: Path, command: str, to: str, words: str
) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m rlm_mcp {command} {to}"],
        cwd=repository, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, f"rlm-mcp: {words}\n")


def test_doctor_finds_everything_in_order(repository: Path) -> None:
    done = rlm("doctor", cwd=repository)
    assert done.returncode == 0, done.stdout
    for words in ("2 files", "binary: logo.png", "offline", "read a file", "blocked", "turns 30"):
        assert words in done.stdout, words


def test_doctor_shows_which_rlmignore_files_are_in_force(repository: Path) -> None:
    assert "there is no .rlmignore here" in rlm("doctor", cwd=repository).stdout
    write_tree(repository, {".rlmignore": "own/\n", "own/a.py": "", "own/b.py": ""})
    write_tree(repository, {".git/info/exclude": ".rlmignore\n", "sub/.rlmignore": "c.py\n", "sub/c.py": ""})
    done = rlm("doctor", cwd=repository).stdout
    assert re.search(r"ok +rlmignore +\.rlmignore leaves out 2 files\n", done)
    assert re.search(r"ok +rlmignore +sub/\.rlmignore leaves out 1 file\n", done)


def test_doctor_names_what_is_wrong_and_never_the_key(repository: Path) -> None:
    done = rlm(
        "doctor", "--json", cwd=repository,
        OPENAI_API_KEY="sk-secret", OPENAI_BASE_URL="http://127.0.0.1:9/v1", RLM_MODEL="m",
    )  # fmt: skip
    assert done.returncode == 1
    wrong = [finding for finding in json.loads(done.stdout) if finding["state"] == "wrong"]
    assert [finding["part"] for finding in wrong] == ["model"]
    assert "127.0.0.1:9" in wrong[0]["text"]
    assert "sk-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("folder", "part", "words"),
    [
        ("bad", "settings", "did you mean 'limits.turns'"),
        ("missing", "workspace", "no folder missing"),
        ("empty", "workspace", "no text file"),
        ("/", "workspace", "whole file system"),
        ("~", "workspace", "home folder"),
    ],
)
def test_doctor_goes_on_after_what_is_wrong(repository: Path, folder: str, part: str, words: str) -> None:
    write_tree(repository, {"bad/rlm.toml": "[limits]\nturnz = 3\n", "bad/a.py": "", "empty/a.bin": b"\0"})
    done = rlm("doctor", "--json", "--root", folder, cwd=repository)
    findings = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    (wrong,) = (finding for finding in findings if finding["state"] == "wrong")
    assert wrong["part"] == part
    assert words in wrong["text"]
    examined = {finding["part"] for finding in findings}
    assert examined >= {"version", "settings", "limits", "trace", "clients", "model", "workspace", "sandbox"}


def test_doctor_tells_of_each_broken_file(repository: Path, own_home: Path) -> None:
    write_tree(own_home, {"rlm-mcp/rlm.toml": "[limits]\nturns = 'many'\n"})
    done = rlm("doctor", cwd=repository)
    assert done.returncode == 1
    assert re.search(r"FAIL  settings   .*rlm-mcp/rlm.toml: limits.turns", done.stdout)
    assert "read a file: blocked" in done.stdout


def test_help_is_worth_reading(tmp_path: Path) -> None:
    top = rlm("--help", cwd=tmp_path).stdout
    assert re.search(r"exit codes:.*3 +\(ask\) the answer is incomplete", top, re.DOTALL)
    for command in ("serve", "ask", "exec", "doctor"):
        assert "--root" in rlm(command, "--help", cwd=tmp_path).stdout
