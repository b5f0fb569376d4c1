"""Whole runs: the model is scripted behind a real server, everything else is real."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.engine.answer import Coverage
from rlm_core.engine.answer_markdown import markdown
from rlm_core.engine.events import (
    CellCompleted,
    Noted,
    RunCompleted,
    RunStarted,
    SubcallCompleted,
    SubcallStarted,
)
from rlm_core.models import ModelError
from tests.support.model_server import (
    HELD_SECONDS,
    Reply,
    overflow,
    rate_limited,
    unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.engine.conftest import Asker
    from tests.support.model_server import ModelServer, Request, Script

    Serve = Callable[[Mapping[str, Script]], ModelServer]

LOOK = "```repl\nprint(len(context))\n```"


def repl(code: str) -> str:
    return f"```repl\n{code}\n```"


async def test_a_question_is_answered_over_several_turns(asker: Asker, serve: Serve) -> None:
    server = serve(
        {
            "root": [
                "First I look.\n\n" + repl("paths = sorted(context)\nprint(paths)"),
                repl("rate = context['shop/tax.py'].split()[2]\nrate"),
                "FINAL(The rate is 0.2, see `shop/tax.py:1` and `shop/gone.py:7`.)",
            ]
        }
    )
    answer = await asker.ask("What is the tax rate?", server)
    assert answer.answer == "The rate is 0.2, see `shop/tax.py:1` and `shop/gone.py:7`."
    assert (answer.status, answer.reason) == ("complete", "")
    assert [(c.path, c.start_line, c.end_line) for c in answer.citations] == [("shop/tax.py", 1, 1)]
    assert answer.unverified == ["shop/gone.py:7"]
    assert (answer.model, answer.snapshot) == ("root", asker.snapshot.id)
    assert (answer.usage.turns, answer.usage.sub_calls) == (3, 0)
    assert answer.usage.models["root"].calls == 3
    first, second, third = server.prompts("root")
    assert "\nWhat is the tax rate?\n</question " in first
    assert "Turn 1 of 30" in first
    assert "['README.md', 'shop/cart.py', 'shop/tax.py']" in second
    assert "Turn 2 of 30" in second
    assert "0.2" in third
    roles = [message["role"] for message in server.requests[-1].messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]


async def test_the_context_is_never_in_a_message(asker: Asker, serve: Serve) -> None:
    server = serve({"root": [LOOK, "FINAL(done)"]})
    await asker.ask("What is here?", server)
    assert "amount * RATE" not in server.requests[-1].text


async def test_a_batch_is_asked_at_once_and_keeps_its_order(asker: Asker, serve: Serve) -> None:
    together = threading.Barrier(8)

    def sub(request: Request) -> str:
        together.wait(HELD_SECONDS)
        return request.prompt.upper()

    code = "print(llm_query_batched([f'prompt {n}' for n in range(8)]))"
    server = serve({"root": [repl(code + "\nprint(context)"), "FINAL(done)"], "sub": sub})
    answer = await asker.ask("?", server)
    assert str([f"PROMPT {n}" for n in range(8)]) in server.prompts("root")[1]
    assert server.most_at_once == 8
    assert answer.usage.sub_calls == 8
    assert answer.usage.models["sub"].calls == 8
    assert len(asker.of(SubcallStarted)) == len(asker.of(SubcallCompleted)) == 8


async def test_concurrency_has_a_limit(asker: Asker, serve: Serve) -> None:
    together = threading.Barrier(3)

    def sub(request: Request) -> str:
        together.wait(HELD_SECONDS)
        return "ok"

    code = "print(context, llm_query_batched([str(n) for n in range(9)]).count('ok'))"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": sub})
    await asker.ask("?", server, limits={"concurrency": 3})
    assert server.most_at_once == 3
    assert "9" in server.prompts("root")[1]


async def test_identical_prompts_in_flight_are_asked_once(asker: Asker, serve: Serve) -> None:
    code = "print(context, llm_query_batched(['same', 'other', 'same', 'same']))"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": lambda request: f"<{request.prompt}>"})
    answer = await asker.ask("?", server)
    assert "['<same>', '<other>', '<same>', '<same>']" in server.prompts("root")[1]
    assert answer.usage.sub_calls == len(server.prompts("sub")) == 2


@pytest.mark.parametrize("function", ["llm_query_batched", "rlm_query_batched"])
@pytest.mark.parametrize("prompts", ["['x'] * 20_000", "list(map(str, range(5001)))"])
async def test_a_batch_has_a_longest_length(asker: Asker, serve: Serve, function: str, prompts: str) -> None:
    code = (
        f"print(len(context))\ntry:\n    {function}({prompts})\nexcept Exception as error:\n    print(error)"
    )
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": ["never"]})
    answer = await asker.ask("?", server)
    told = server.prompts("root")[1]
    assert f"{function} takes at most 5,000 prompts at once, and was given" in told
    assert "ask in several batches, or put more into one prompt." in told
    assert answer.usage.sub_calls == 0


@pytest.mark.parametrize("function", ["llm_query_batched", "rlm_query_batched"])
async def test_each_different_prompt_of_a_batch_is_asked_once(
    asker: Asker, serve: Serve, function: str
) -> None:
    def sub(request: Request) -> str:
        return repl("FINAL(context.upper())") if len(request.messages) > 1 else request.prompt.upper()

    code = (
        f"replies = {function}(['same', 'other', ''] * 1500 + ['last'])\n"
        "print(len(context), [replies.count(reply) for reply in replies[-4:]], replies[-4:])"
    )
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": sub})
    answer = await asker.ask("?", server)
    told = server.prompts("root")[1]
    assert "[1500, 1500, 1500, 1] ['SAME', 'OTHER', '[" in told
    assert "query failed: The prompt is empty.]', 'LAST']" in told
    assert answer.usage.sub_calls == 3
    assert any(note.startswith("1 of 4 calls of a batch failed") for note in answer.notes)


@pytest.mark.parametrize("function", ["llm_query", "rlm_query", "llm_query_batched", "rlm_query_batched"])
async def test_a_prompt_has_a_longest_length(asker: Asker, serve: Serve, function: str) -> None:
    prompts = "['x', long]" if function.endswith("batched") else "long"
    code = (
        "print(len(context))\nlong = 'x' * 4_000_001\n"
        f"try:\n    {function}({prompts})\nexcept Exception as error:\n    print(error)"
    )
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": ["never"]})
    answer = await asker.ask("?", server)
    told = server.prompts("root")[1]
    assert f"{function} was given a prompt of 4,000,001 characters; it takes at most 4,000,000" in told
    assert "Ask about parts of the text" in told
    assert answer.usage.sub_calls == 0


async def test_no_child_is_started_where_not_all_can_be(asker: Asker, serve: Serve) -> None:
    code = (
        "try:\n    rlm_query_batched(list('abc'))\nexcept Exception as error:\n    print(len(context), error)"
    )
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": ["never"]})
    answer = await asker.ask("?", server, limits={"calls": 2})
    assert "3 sub-calls are asked for, but the limit of 2 sub-calls" in server.prompts("root")[1]
    assert answer.usage.sub_calls == 0


async def test_one_failure_does_not_lose_the_batch(asker: Asker, serve: Serve) -> None:
    def sub(request: Request) -> Reply | str:
        return overflow() if request.prompt == "too long" else "fine"

    code = "for reply in llm_query_batched(['a', 'too long', 'b', '']): print(reply)\nprint(context)"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": sub})
    answer = await asker.ask("?", server)
    told = server.prompts("root")[1]
    assert told.count("fine") == 2
    assert "[llm_query failed: The text sent to sub at" in told
    assert "[llm_query failed: The prompt is empty.]" in told
    assert any(note.startswith("2 of 4 calls of a batch failed") for note in answer.notes)


async def test_a_failure_costs_no_prompt_of_the_same_length_its_reply(asker: Asker, serve: Serve) -> None:
    """Seven calls are under way while the eighth fails; the ninth is made when that has gone."""
    gone = threading.Event()

    def sub(request: Request) -> Reply | str:
        if request.prompt == "fail":
            return overflow()
        if request.prompt == "last":
            gone.set()
        return Reply("fine", until=gone)

    code = (
        "replies = llm_query_batched([*(f'ask{n}' for n in range(7)), 'fail', 'last'])\n"
        "print(context, replies.count('fine'), 'came,', replies[7])\n"
        "llm_query('x' * 200_000)"
    )
    server = serve({"root": [repl(code), "As far as I got."], "sub": sub})
    answer = await asker.ask("?", server, limits={"concurrency": 8, "tokens": 50_000})
    told = server.prompts("root")[1]
    assert "8 came, [llm_query failed: The text sent to sub at" in told
    assert (answer.usage.sub_calls, answer.usage.models["sub"].calls) == (10, 8)
    assert "limits.tokens" in answer.reason, "a call that cannot be paid waits for none that is over"


async def test_a_failing_sub_call_is_an_exception_in_the_program(asker: Asker, serve: Serve) -> None:
    code = "try:\n    llm_query('x')\nexcept Exception as error:\n    print('caught', error)\nprint(context)"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": lambda _: unauthorized()})
    answer = await asker.ask("?", server)
    assert "caught" in server.prompts("root")[1]
    assert "OPENAI_API_KEY" in server.prompts("root")[1]
    assert answer.status == "complete"


async def test_the_program_may_name_the_model(asker: Asker, serve: Serve) -> None:
    replies = iter([repl("print(context, llm_query('hi', model='root'))\nllm_query('hi', model='gpt-2')")])

    def root(request: Request) -> str:
        if request.prompt == "hi":
            return "root speaking"
        return next(replies, "FINAL(done)")

    server = serve({"root": root})
    await asker.ask("?", server)
    told = server.requests[-1].prompt
    assert "root speaking" in told
    assert "There is no model 'gpt-2' in this run, only sub and root" in told


async def test_a_child_run_has_its_prompt_as_context(asker: Asker, serve: Serve) -> None:
    task = "Count the letters.\n" + "x" * 9000

    def sub(request: Request) -> str:
        if len(request.messages) == 2:
            return repl("n = context.count('x')\nprint(len(context), n, BUDGET()['turns'])")
        return "FINAL_VAR(n)"

    code = f"task = {task!r}\nprint(context)\nprint('child says', rlm_query(task))"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": sub})
    answer = await asker.ask("?", server)
    assert "child says 9000" in server.prompts("root")[1]
    child_first, child_second = server.prompts("sub")
    assert "Count the letters." in child_first
    assert len(child_first) < 6000
    assert f"{len(task)} 9000 29" in child_second
    assert (answer.usage.turns, answer.usage.sub_calls) == (4, 1)
    started = {event.node: event for event in asker.of(RunStarted)}
    assert set(started) == {"0", "0.1"}
    assert started["0.1"].chars == len(task)
    assert [event.node for event in asker.of(RunCompleted)] == ["0.1", "0"]


async def test_children_run_side_by_side_and_answers_keep_their_order(asker: Asker, serve: Serve) -> None:
    together = threading.Barrier(4)

    def sub(request: Request) -> str:
        if len(request.messages) == 2:
            together.wait(HELD_SECONDS)
        return repl("FINAL(context.upper())")

    code = "print(context)\nprint(rlm_query_batched(['a', 'b', 'c', 'd']))"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": sub})
    await asker.ask("?", server)
    assert "['A', 'B', 'C', 'D']" in server.prompts("root")[1]


async def test_at_the_depth_limit_rlm_query_is_a_plain_call(asker: Asker, serve: Serve) -> None:
    code = "print(context, rlm_query('a'), rlm_query_batched(['b']))"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": lambda request: f"<{request.prompt}>"})
    await asker.ask("?", server, limits={"depth": 0})
    assert "<a> ['<b>']" in server.prompts("root")[1]
    assert [event.node for event in asker.of(RunStarted)] == ["0"]


async def test_children_may_have_children(asker: Asker, serve: Serve) -> None:
    def sub(request: Request) -> str:
        if "grandchild" in request.messages[1]["content"]:
            return repl("FINAL('deep ' + context)")
        return repl("FINAL(rlm_query('grand' + context))")

    code = "print(context, rlm_query('child'))"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": sub})
    await asker.ask("?", server, limits={"depth": 2})
    assert "deep grandchild" in server.prompts("root")[1]
    assert {event.node for event in asker.of(RunStarted)} == {"0", "0.1", "0.1.1"}


async def test_the_program_recovers_from_an_error(asker: Asker, serve: Serve) -> None:
    broken = repl("kept = len(context)\nboom = kept / 0") + "\n" + repl("print('never', boom)")
    broken += "\n" + repl("print('all the same', kept)")
    server = serve({"root": [broken, repl("print('kept', kept)"), "FINAL(done)"]})
    answer = await asker.ask("?", server)
    told, recovered = server.prompts("root")[1:]
    assert "ZeroDivisionError" in told
    assert "boom = kept / 0" in told
    assert "What ran before the error stays." in told
    assert "RERUN(" in told
    assert "Block 2 did not run: it uses boom, and a block before it failed." in told
    assert "all the same 3" in told
    assert "never" not in recovered
    assert "kept 3" in recovered
    assert answer.status == "complete"
    assert asker.of(CellCompleted)[0].error is not None


async def test_long_output_is_cut_and_the_rest_counted(asker: Asker, serve: Serve) -> None:
    server = serve({"root": [repl("print(context)\nprint('y' * 50_000)"), "FINAL(done)"]})
    await asker.ask("?", server)
    told = server.prompts("root")[1]
    assert len(told) < 22_000
    omitted = asker.of(CellCompleted)[0].omitted
    assert (
        f"[{omitted:,} characters in the middle of the output are not shown; the variable PRINTED has" in told
    )
    assert omitted > 30_000


async def test_a_cut_list_that_no_program_printed_is_told(asker: Asker, serve: Serve) -> None:
    server = serve({"root": [repl("n = len(context.grep('a', limit=2))"), "FINAL(done)"]})
    await asker.ask("?", server)
    told = server.prompts("root")[1]
    assert "These lists are not whole" in told
    assert "\ngrep('a', limit=2) gave 2 of 5.\n</cuts " in told


async def test_code_of_the_repository_that_ran_is_told(asker: Asker, serve: Serve) -> None:
    path = next(path for path in asker.snapshot if path.endswith(".py"))
    server = serve({"root": [repl(f"context.load({path!r})"), "FINAL(done)"]})
    answer = await asker.ask("?", server)
    name = path.removesuffix(".py").rpartition("/")[2]
    note = f"Modules of the repository that ran: {name}."
    assert f"[{note}]" in server.prompts("root")[1]
    assert note in answer.notes


async def test_variables_are_listed(asker: Asker, serve: Serve) -> None:
    first = "import re\nfiles = list(context)\nfor file in files: pass\ndef f(): pass"
    server = serve(
        {"root": [repl(first), repl("files.append('x')"), repl("print(len(files))"), "FINAL(done)"]}
    )
    await asker.ask("?", server)
    _, made, changed, neither = server.prompts("root")
    assert "\nfiles (list: 3 items)\n</variables " in made
    assert "\nfiles (list: 4 items)\n</variables " in changed
    assert "<variables" not in neither


async def test_a_reply_has_a_longest_length(asker: Asker, serve: Serve) -> None:
    long = f"FINAL({'x' * 1_200_000})"
    sub = repl("reply = llm_query('?')\nprint(len(reply), reply[-50:], context)")
    server = serve({"root": [sub, long, "FINAL(done)"], "sub": lambda _: long})
    answer = await asker.ask("?", server)
    assert answer.answer == "done"
    assert f"A reply of root had {len(long):,} characters; only the first 1,000,000 count." in answer.notes
    assert f"A reply of sub had {len(long):,} characters; only the first 1,000,000 count." in answer.notes
    assert "This reply was cut" in server.prompts("root")[1]
    assert "FINAL was cut off" in server.prompts("root")[2]


async def test_a_429_is_waited_out_and_said(asker: Asker, serve: Serve) -> None:
    server = serve(
        {
            "root": [rate_limited("0.01"), repl("print(context, llm_query('hi'))"), "FINAL(done)"],
            "sub": [rate_limited("0.01"), "hello"],
        }
    )
    answer = await asker.ask("?", server)
    assert answer.status == "complete"
    assert len(answer.notes) == 1
    assert "answered 429" in answer.notes[0]
    assert len(asker.of(Noted)) == 2


async def test_a_model_that_fails_at_once_raises_its_sentence(asker: Asker, serve: Serve) -> None:
    with pytest.raises(ModelError, match="refused the key"):
        await asker.ask("?", serve({"root": [unauthorized()]}))


async def test_a_model_that_fails_later_leaves_what_is_known(asker: Asker, serve: Serve) -> None:
    server = serve({"root": ["I count the files.\n" + LOOK, unauthorized()]})
    answer = await asker.ask("?", server)
    assert answer.status == "incomplete"
    assert "failed at turn 2" in answer.reason
    assert "refused the key" in answer.reason
    assert "I count the files." in answer.answer
    assert "~~~~\n3\n~~~~" in answer.answer


async def test_an_answer_says_what_was_looked_at(asker: Asker, serve: Serve) -> None:
    server = serve(
        {
            "root": [
                repl("print(context.count('RATE', 'shop/'), len(context['shop/tax.py']))"),
                repl("llm_query('Is shop/cart.py:1-3 right?')\nprint('shop/gone.py', context)"),
                "FINAL(done)",
            ],
            "sub": "yes",
        }
    )
    answer = await asker.ask("?", server)
    assert answer.coverage == Coverage(files=3, searched=2, opened=1, named=2)
    assert "*3 files: 2 searched, 1 opened, 2 named to a model*" in markdown(answer)


async def test_a_full_window_drops_old_output_first(asker: Asker, serve: Serve) -> None:
    def root(request: Request) -> Reply | str:
        if len(request.text) > len(server.requests[0].text) + 30_000:
            return overflow()
        turn = len(request.messages) // 2
        code = f"x{turn} = 'output {turn} ' + 'z' * 9000\nprint(context, x{turn})"
        return repl(code) if turn < 5 else "FINAL(done)"

    server = serve({"root": root})
    answer = await asker.ask("?", server)
    assert answer.status == "complete"
    assert any("outgrew" in note for note in answer.notes)
    last = server.requests[-1].text
    assert "output 1 " not in last.partition("Turn 2")[2]
    assert "output 4 zzz" in last


async def test_what_a_model_needs_no_more_is_dropped_first_and_not_before(asker: Asker, serve: Serve) -> None:
    def root(request: Request) -> Reply | str:
        if len(request.text) > len(server.requests[0].text) + 30_000:
            return overflow()
        turn = len(request.messages) // 2
        forget = {3: "FORGET(2)", 4: "FORGET(4)"}.get(turn, "")
        code = f"print(context, 'output {turn} ' + 'z' * 9000)\n{forget}"
        return repl(code) if turn < 5 else "FINAL(done)"

    server = serve({"root": root})
    await asker.ask("?", server)
    before, *_, last = (request.text for request in server.requests if len(request.messages) > 7)
    assert "output 2 zzz" in before
    assert "output 1 zzz" in last
    assert "output 2 zzz" not in last
    assert "output 3 zzz" in last
    assert "FORGET: there is output of turns 1 to 3, not of turn 4." in last


async def test_a_listener_that_fails_cannot_break_the_run(
    asker: Asker, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(list[Any]):
        def append(self, event: object) -> None:
            raise OSError("disk full")

    asker.events = Failing()
    answer = await asker.ask("?", serve({"root": [LOOK, "FINAL(done)"]}))
    assert answer.answer == "done"
    assert any("disk full" in note for note in answer.notes)
    assert len(caplog.records) == 1
