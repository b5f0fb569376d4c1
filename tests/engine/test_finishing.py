"""How runs end: proper finishes, malformed turns of weak models, limits."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.model_server import Reply, unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.engine.conftest import Asker
    from tests.support.model_server import ModelServer, Request, Script

    Serve = Callable[[Mapping[str, Script]], ModelServer]

LOOK = "```repl\nprint(len(context))\n```"


def repl(code: str) -> str:
    return f"```repl\n{code}\n```"


@pytest.mark.parametrize(
    ("turns", "answer"),
    [
        pytest.param([LOOK, "FINAL(forty-two)"], "forty-two", id="FINAL outside code"),
        pytest.param([LOOK, repl("x = 6 * 7") + "\nFINAL_VAR(x)"], "42", id="FINAL_VAR outside code"),
        pytest.param([repl("FINAL(len(context))")], "3", id="FINAL in the first program"),
        pytest.param([repl("n = len(context)\nFINAL_VAR('n')")], "3", id="FINAL_VAR in a program"),
        pytest.param(
            [repl("answer['content'] = str(len(context))\nanswer['ready'] = True")], "3", id="answer dict"
        ),
        pytest.param([repl("r = f'{len(context)} files'"), "FINAL(r)"], "3 files", id="FINAL around a name"),
        pytest.param([LOOK, "FINAL(f'{len(context)} files')"], "3 files", id="FINAL with an f-string"),
        pytest.param([LOOK, 'FINAL("""a\n\nb""")'], "a\n\nb", id="FINAL with a literal"),
        pytest.param(
            [LOOK, "FINAL(See\n```python\nprint(1)\n```\nabove.)"],
            "See\n```python\nprint(1)\n```\nabove.",
            id="FINAL around a quoted program",
        ),
        pytest.param([LOOK, "FINAL(no end"], "no end", id="FINAL without its parenthesis"),
        pytest.param(["```repl\nFINAL(len(context))"], "3", id="fence never closed"),
        pytest.param(["~~~python\nFINAL(len(context))\n~~~"], "3", id="tildes and python"),
        pytest.param(
            [repl("FINAL(len(context))") + "\n" + repl("1/0")], "3", id="what follows the finish does not run"
        ),
    ],
)
async def test_proper_finishes(turns: list[str], answer: str, asker: Asker, serve: Serve) -> None:
    got = await asker.ask("?", serve({"root": turns}))
    assert (got.answer, got.status) == (answer, "complete")


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        pytest.param(["I will look at it soon."], "No program and no FINAL", id="prose only"),
        pytest.param([""], "No program and no FINAL", id="nothing at all"),
        pytest.param(["```\nprint(1)\n```"], "tagged, like ```repl", id="untagged fence"),
        pytest.param(["FINAL(from memory)"], "before your programs had looked", id="first turn, no look"),
        pytest.param(
            [repl("FINAL('guess')")], "before your programs had looked", id="first program, no look"
        ),
        pytest.param(
            [LOOK + "\n" + repl("FINAL('a guess typed in')")],
            "before your programs had looked",
            id="typed beside the look",
        ),
        pytest.param(
            [repl("FINAL('guess')") + "\n" + repl("print(1)")],
            "1 block after block 1 did not run, because block 1 gave a final answer.",
            id="a program behind the finish",
        ),
        pytest.param([LOOK + "\nFINAL(guess)"], "before your programs had looked", id="imagined output"),
        pytest.param([LOOK, "FINAL_VAR(nope)"], "there is no variable 'nope'", id="unknown variable"),
        pytest.param([LOOK, repl("FINAL_VAR('nope')")], "nope", id="unknown variable in a program"),
        pytest.param([LOOK, repl("1/0") + "\nFINAL(no)"], "FINAL does not count", id="beside a failure"),
        pytest.param([repl("FINAL(len(context))\n1/0")], "FINAL was called, but", id="before a failure"),
        pytest.param([LOOK, "FINAL()"], "FINAL was empty", id="empty"),
        pytest.param([repl("print(context")], "SyntaxError", id="syntax error"),
        pytest.param([repl("exit()")], "Turn 2 of", id="exit"),
        pytest.param([Reply(LOOK, finish_reason="length")], "cut at your output limit", id="cut turn"),
        pytest.param(
            [Reply("```repl\nprint('half", finish_reason="length")],
            "The last block was cut off",
            id="cut program",
        ),
        pytest.param(
            [LOOK, Reply("FINAL(half", finish_reason="length")], "FINAL was cut off", id="cut answer"
        ),
    ],
)
async def test_malformed_turns_get_feedback(
    turns: list[Reply | str], told: str, asker: Asker, serve: Serve
) -> None:
    server = serve({"root": [*turns, repl("print(len(context))"), "FINAL(in the end)"]})
    answer = await asker.ask("?", server)
    assert (answer.answer, answer.status) == ("in the end", "complete")
    assert told in server.prompts("root")[len(turns)]


async def test_an_answer_without_a_look_is_sent_back_only_once(asker: Asker, serve: Serve) -> None:
    answer = await asker.ask("?", serve({"root": ["FINAL(hello)", "FINAL(hello again)"]}))
    assert (answer.answer, answer.status) == ("hello again", "complete")


async def test_a_half_program_does_not_run(asker: Asker, serve: Serve) -> None:
    cut = Reply("```repl\ndone = 1\n```\n```repl\ndone = 2\nprint(", finish_reason="length")
    server = serve({"root": [cut, repl("print('done is', done, len(context))"), "FINAL(x)"]})
    await asker.ask("?", server)
    assert "done is 1" in server.prompts("root")[2]


async def test_prose_three_times_is_taken_as_the_answer(asker: Asker, serve: Serve) -> None:
    server = serve({"root": [LOOK, "Hm.", "I think so.", "There are three files."]})
    answer = await asker.ask("?", server)
    assert (answer.answer, answer.status) == ("There are three files.", "incomplete")
    assert "without a program or FINAL" in answer.reason


async def test_silence_three_times_leads_to_the_closing_call(asker: Asker, serve: Serve) -> None:
    server = serve({"root": [LOOK, "", "", "", "Three files."]})
    answer = await asker.ask("?", server)
    assert (answer.answer, answer.status) == ("Three files.", "incomplete")


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("Three, I believe.", "Three, I believe."),
        ("FINAL(Three.)", "Three."),
        ("FINAL_VAR(count)", "3"),
        ("So:\n```repl\nprint(count)\n```\nThree.", "So:\nThree."),
    ],
)
async def test_out_of_turns_one_last_call_asks_for_the_best_answer(
    reply: str, text: str, asker: Asker, serve: Serve
) -> None:
    server = serve({"root": [repl("count = len(context)"), repl("print('count', count)"), reply]})
    answer = await asker.ask("?", server, limits={"turns": 2})
    assert (answer.answer, answer.status) == (text, "incomplete")
    assert answer.reason == "The limit of 2 turns (limits.turns) is reached."
    closing = server.prompts("root")[-1]
    assert "<answer-now>" in closing
    assert "count 3" in closing
    assert answer.usage.turns == 2


async def test_without_the_closing_call_the_best_text_counts(asker: Asker, serve: Serve) -> None:
    turns: list[Reply | str] = ["I count.\n" + repl("print('count', len(context))"), unauthorized()]
    answer = await asker.ask("?", serve({"root": turns}), limits={"turns": 1})
    assert answer.status == "incomplete"
    assert "limits.turns" in answer.reason
    assert "refused the key" in answer.reason
    assert "count 3" in answer.answer


async def test_calls_that_run_out_in_the_middle_of_a_cell(asker: Asker, serve: Serve) -> None:
    code = "print(len(context))\nfor n in range(10):\n    print(llm_query(f'part {n}'))"
    server = serve({"root": [repl(code), "Parts 0 to 2."], "sub": lambda request: f"<{request.prompt}>"})
    answer = await asker.ask("?", server, limits={"calls": 3})
    assert (answer.answer, answer.status) == ("Parts 0 to 2.", "incomplete")
    assert "limits.calls" in answer.reason
    assert len(server.prompts("sub")) == 3
    closing = server.prompts("root")[-1]
    assert "<part 2>" in closing
    assert "No sub-call is left" in closing


async def test_a_program_may_finish_with_what_the_budget_allowed(asker: Asker, serve: Serve) -> None:
    code = (
        "got = [len(context)]\ntry:\n    while True:\n        got.append(llm_query(f'{len(got)}'))\n"
        "except Exception as error:\n    FINAL(f'{len(got) - 1} replies')"
    )
    answer = await asker.ask("?", serve({"root": [repl(code)], "sub": lambda _: "ok"}), limits={"calls": 2})
    assert (answer.answer, answer.status) == ("2 replies", "incomplete")


async def test_a_batch_that_is_too_large_is_refused_before_it_costs_anything(
    asker: Asker, serve: Serve
) -> None:
    turns = [repl("print(context)\nllm_query_batched(list('abcd'))"), repl("print(llm_query_batched(['a']))")]
    server = serve({"root": [*turns, "FINAL(done)"], "sub": lambda _: "ok"})
    answer = await asker.ask("?", server, limits={"calls": 3})
    assert "leaves 3; ask fewer" in server.prompts("root")[1]
    assert (answer.status, len(server.prompts("sub"))) == ("complete", 1)


async def test_tokens_that_run_out_in_the_middle_of_a_cell(asker: Asker, serve: Serve) -> None:
    heavy = Reply("read", usage={"prompt_tokens": 30_000, "completion_tokens": 10, "total_tokens": 30_010})
    code = "print(context)\nfor n in range(50):\n    llm_query(f'{n}')\n    print('asked', n)"
    server = serve({"root": [repl(code), "As far as I got."], "sub": lambda _: heavy})
    answer = await asker.ask("?", server, limits={"tokens": 150_000})
    assert (answer.answer, answer.status) == ("As far as I got.", "incomplete")
    assert "limits.tokens" in answer.reason
    assert 2 <= len(server.prompts("sub")) <= 5


async def test_money_that_runs_out(asker: Asker, serve: Serve) -> None:
    prices = {"root": {"input": 1, "output": 1}, "sub": {"input": 10_000, "output": 10_000}}
    code = "print(context)\nfor n in range(50):\n    print(llm_query('x' * 4000 + str(n)))"
    server = serve({"root": [repl(code), "As far as I got."], "sub": lambda _: "ok"})
    answer = await asker.ask("?", server, limits={"cost": 50.0}, model={"prices": prices})
    assert (answer.answer, answer.status) == ("As far as I got.", "incomplete")
    assert "limits.cost" in answer.reason
    assert answer.usage.cost_usd is not None
    assert 0 < answer.usage.cost_usd <= 50.0


async def test_too_few_tokens_for_anything(asker: Asker, serve: Serve) -> None:
    server = serve({"root": []})
    answer = await asker.ask("?", server, limits={"tokens": 1000})
    assert answer.status == "incomplete"
    assert "limits.tokens" in answer.reason
    assert server.requests == []


async def test_time_that_runs_out_during_a_sub_call(asker: Asker, serve: Serve) -> None:
    release = threading.Event()
    code = "print('begun', len(context))\nllm_query('x')\nprint('never')"
    server = serve({"root": [repl(code), "Begun."], "sub": lambda _: Reply("late", until=release)})
    answer = await asker.ask("?", server, limits={"seconds": 1.5})
    release.set()
    assert (answer.answer, answer.status) == ("Begun.", "incomplete")
    assert "limits.seconds" in answer.reason
    assert "begun 3" in server.prompts("root")[-1]


async def test_time_that_runs_out_in_a_program_that_never_ends(asker: Asker, serve: Serve) -> None:
    endless = repl("print('begun', len(context))\nwhile True: pass")
    server = serve({"root": lambda request: "Begun." if "<answer-now>" in request.prompt else endless})
    answer = await asker.ask("?", server, limits={"seconds": 1.0})
    assert (answer.answer, answer.status) == ("Begun.", "incomplete")
    assert "limits.seconds" in answer.reason


async def test_time_that_runs_out_while_the_model_thinks(asker: Asker, serve: Serve) -> None:
    release = threading.Event()
    replies: Iterator[Reply | str] = iter([LOOK, Reply("late", until=release)])
    server = serve(
        {"root": lambda request: "Three files." if "<answer-now>" in request.prompt else next(replies)}
    )
    answer = await asker.ask("?", server, limits={"seconds": 1.5})
    release.set()
    assert (answer.answer, answer.status) == ("Three files.", "incomplete")


async def test_an_incomplete_child_says_so(asker: Asker, serve: Serve) -> None:
    def sub(request: Request) -> str:
        return "Half of it." if "<answer-now>" in request.prompt else repl("print(context[:10])")

    code = "print(context)\nprint(rlm_query('task'))\n"
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": sub})
    answer = await asker.ask("?", server, limits={"turns": 3})
    assert (
        "[incomplete: The limit of 3 turns (limits.turns) is reached.]\nHalf of it."
        in server.prompts("root")[1]
    )
    assert answer.status == "complete"
    assert any(note.startswith("A child run is incomplete") for note in answer.notes)
