from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from benchmarks.evals import recording
from benchmarks.evals.__main__ import main
from benchmarks.evals.plan import SuitePlan
from benchmarks.evals.results import Cell
from benchmarks.evals.runner import chosen
from tests.evals.runs import PROGRAM, Run, answered, question
from tests.support.model_server import ModelServer, Reply, unauthorized

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.model_server import Request

FILES = {"a.py": "def one():\n    pass\n", "b/c.py": "def two():\n    pass\n"}


def endpoint(server: ModelServer, name: str = "m", **fields: object) -> dict[str, object]:
    return {
        "kind": "endpoint",
        "name": name,
        "base_url": server.url,
        "price": {"input": 1.0, "output": 10.0},
        **fields,
    }


def test_arms_answer_side_by_side_at_the_same_measure(tmp_path: Path) -> None:
    def model(request: Request) -> str:
        if "shell" in request.text and len(request.messages) == 2:
            return "I look.\n\n```bash\ngrep -rhno 'def [a-z]*' . | sort\n```"
        if "```repl" in request.text and len(request.messages) < 4:
            return "```repl\nprint([symbol.name for symbol in context.find('one')])\n```"
        if "```repl" in request.text:
            return "FINAL(" + answered("one") + ")"
        return answered("one", "two")

    run = Run(tmp_path, [question()], FILES)
    with ModelServer({"m": model}) as server:
        run.plan["models"]["m"] = endpoint(server)
        run.plan["arms"] = {
            "rlm": {"kind": "program", "command": [PROGRAM]},
            "offline": {"kind": "offline", "command": [PROGRAM]},
            "rank": {"kind": "rank", "command": [PROGRAM]},
            "rank-call": {"kind": "rank-call", "command": [PROGRAM]},
            "direct": {"kind": "direct"},
            "agent": {"kind": "agent"},
        }
        assert run.go() == 0
        prompts = {request.messages[0]["content"][:40]: request.text for request in server.requests}
    results = {arm: result for (arm, _), result in run.results.items()}
    assert {arm: result.cost.calls for arm, result in results.items()} == {
        "rlm": 2, "offline": 0, "rank": 0, "rank-call": 1, "direct": 1, "agent": 2,
    }  # fmt: skip
    assert results["direct"].score.value == results["agent"].score.value == 1
    assert 0 < results["rlm"].score.value < 1  # it said one of two
    assert all(result.status == "answered" for result in results.values())
    shown = "\n".join(prompts.values())
    assert "=== b/c.py\n     1 def two():" in shown  # the direct arm's
    # Every model's call is in the record, the program's too, and the price is of all of them.
    for arm in ("rlm", "rank-call", "direct", "agent"):
        cost = results[arm].cost
        calls = recording.read(tmp_path / "run" / "records" / f"own~q1~{arm}~m~0.jsonl")
        assert len(calls) == cost.calls
        assert calls[-1].reply.strip().endswith(("```", "```)"))
        new, out = cost.input_tokens - cost.cached_tokens, cost.output_tokens
        assert cost.usd == pytest.approx((new + 10 * out) / 1e6)
    agent = recording.read(tmp_path / "run" / "records" / "own~q1~agent~m~0.jsonl")
    assert agent[1].after == 1
    assert [message.role for message in agent[1].messages] == ["user"]
    assert "one" in agent[1].messages[0].content
    assert "two" in agent[1].messages[0].content
    assert results["agent"].cost.new_chars < results["agent"].cost.input_chars
    assert run.about["builds"]["rlm"].startswith("rlm-mcp ")
    assert run.about["unasked"] == []


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(tmp_path, [question(f"q{number}") for number in range(5)], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    with ModelServer({"m": lambda request: answered("one", "two")}) as server:
        run.plan["models"]["m"] = endpoint(server)
        run.plan["budget"]["calls"] = 2
        assert run.go() == 3
        assert "3 cells have no result: The run's budget is spent: 3 of 2 calls" in capsys.readouterr().err
        assert len(run.results) == len(server.requests) == 2
        assert len(run.about["unasked"]) == 3
        run.plan["budget"]["calls"] = 5  # what was spent counts
        assert run.go() == 0
        assert len(run.results) == len(server.requests) == 5
        assert run.about["spent"]["calls"] == 5
        assert run.go() == 0
        assert len(server.requests) == 5


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    run = Run(tmp_path, [question(f"q{number}") for number in range(3)], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    run.plan["concurrency"] = 1
    waiting, go_on = threading.Event(), threading.Event()

    def model(request: Request) -> Reply:
        if len(server.requests) == 2:
            waiting.set()
            return Reply(answered("one", "two"), until=go_on)
        return Reply(answered("one", "two"))

    with ModelServer({"m": model}) as server:
        run.plan["models"]["m"] = endpoint(server)
        killed = run.start()
        assert waiting.wait(50)
        killed.kill()
        killed.communicate()
        assert len(run.results) == 1
        go_on.set()
        assert run.go() == 0
    assert len(run.results) == 3
    assert len(server.requests) == 4
    assert run.about["spent"]["calls"] == 4  # the one that was under way may have been paid


def test_a_run_that_was_interrupted_says_what_is_left(tmp_path: Path) -> None:
    run = Run(tmp_path, [question(f"q{number}") for number in range(2)], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    run.plan["concurrency"] = 1
    waiting = threading.Event()

    def model(request: Request) -> Reply:
        waiting.set()
        return Reply(answered("one", "two"), until=threading.Event())

    with ModelServer({"m": model}) as server:
        run.plan["models"]["m"] = endpoint(server)
        interrupted = run.start()
        assert waiting.wait(50)
        interrupted.send_signal(signal.SIGINT)
        _, said = interrupted.communicate(timeout=50)
    assert interrupted.returncode == 130
    assert said.endswith("Stopped; the same command goes on.\n")
    assert [item["reason"] for item in run.about["unasked"]] == ["The run was stopped."] * 2
    assert run.about["spent"]["calls"] == 1  # it may have been paid


def test_an_outage_is_no_answer(tmp_path: Path) -> None:
    run = Run(tmp_path, [question()], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}, "rlm": {"kind": "program", "command": [PROGRAM]}}
    with ModelServer({"m": lambda request: unauthorized()}) as server:
        run.plan["models"]["m"] = endpoint(server)
        assert run.go() == 3
    assert run.results == {}
    assert all("key" in item["reason"] for item in run.about["unasked"])
    assert len(run.about["unasked"]) == 2


def test_an_arm_that_fails_scores_nothing_and_says_why(tmp_path: Path) -> None:
    run = Run(tmp_path, [question()], FILES)
    run.plan["arms"] = {"rlm": {"kind": "program", "command": ["false"]}}
    with ModelServer({"m": []}) as server:
        run.plan["models"]["m"] = endpoint(server)
        assert run.go() == 0
    result = run.results["rlm", "q1"]
    assert (result.status, result.score.value) == ("failed", 0)
    assert "ended with 1" in result.notes[0]


def test_files_and_definitions_are_ranked_apart(tmp_path: Path) -> None:
    run = Run(tmp_path, [question(query="pass two")], FILES)
    run.plan["arms"] = {"rank": {"kind": "rank", "command": [PROGRAM], "definitions": 1}}
    assert run.go() == 0
    [result] = run.results.values()
    assert result.answer.split("\n")[1:-1] == ["b/c.py", "a.py", "b/c.py::two"]


def test_the_halves_of_a_suite_are_apart_and_stay_so(tmp_path: Path) -> None:
    asked = [question(f"q{number}") for number in range(40)]
    tune = {one.id for one in chosen(asked, SuitePlan(folder=tmp_path, half="tune"))}
    hold = {one.id for one in chosen(asked, SuitePlan(folder=tmp_path, half="hold"))}
    assert len(tune) == 40 - len(hold)
    assert tune | hold == {one.id for one in asked}
    assert {"q0", "q1", "q2", "q3"} & hold == {"q1", "q2", "q3"}


def test_a_question_whose_files_are_not_there_is_told(tmp_path: Path) -> None:
    run = Run(tmp_path, [question("q1", workspace="."), question("q2", workspace="gone")], FILES)
    run.plan["suites"]["own"]["root"] = "repository/{workspace}"
    run.plan["arms"] = {"rank": {"kind": "rank", "command": [PROGRAM]}}
    assert run.go() == 3
    assert list(run.results) == [("rank", "q1")]
    assert "gone is no folder" in run.about["unasked"][0]["reason"]


def test_a_name_goes_on_meaning_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(tmp_path, [question()], FILES)
    run.plan["arms"] = {"rank": {"kind": "rank", "command": [PROGRAM]}}
    assert run.go() == 0
    run.plan["arms"]["rank"]["files"] = 3
    assert run.go() == 1
    assert "has results with another arms.rank" in capsys.readouterr().err


def test_nobody_spends_what_was_not_agreed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(tmp_path, [question()], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    with ModelServer({"m": []}) as server:
        run.plan["models"]["m"] = endpoint(server)
        assert run.go("--out", str(run.out)) == 1
        assert server.requests == []
    said = capsys.readouterr().err
    assert "may come to 100 calls" in said
    assert "give --yes" in said


def test_a_budget_in_dollars_needs_prices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(tmp_path, [question()], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    run.plan["budget"] = {"calls": 10, "usd": 0.5}
    with ModelServer({"m": lambda request: Reply(answered("one"))}) as server:
        run.plan["models"]["m"] = {"kind": "endpoint", "name": "nobody-knows-it", "base_url": server.url}
        assert run.go() == 1
        assert "what m costs is not known" in capsys.readouterr().err
        run.plan["models"]["m"] = endpoint(server, price={"input": 1e6, "output": 0})
        assert run.go() == 3
    assert "US dollars" in run.about["unasked"][0]["reason"]


def test_prices_come_from_the_list(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 200}}
    run = Run(tmp_path, [question()], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    with ModelServer({"gpt-5": lambda request: Reply(answered("one"), usage=usage)}) as server:
        run.plan["models"]["m"] = {"kind": "endpoint", "name": "gpt-5", "base_url": server.url}
        assert run.go() == 0
    cost = run.results["direct", "q1"].cost
    assert (cost.input_tokens, cost.cached_tokens, cost.new_tokens) == (1000, 200, 800)
    assert cost.usd == pytest.approx((800 * 1.25 + 200 * 0.125 + 100 * 10) / 1e6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arms": {"x": {"kind": "directly"}}}, "arms.x"),
        ({"arms": {"direct": {"kind": "direct", "window": 3}}}, "arms.direct.direct.window: Extra inputs"),
        ({"arms": {"direct": {"kind": "direct"}}}, "the arm direct asks a model, and the plan has none"),
        ({"budget": {}}, "budget.calls: Field required"),
        ({"judge": {"model": "nobody"}}, "there is no [models.nobody]"),
        (
            {"arms": {"rank": {"kind": "rank", "command": ["no-such-program"]}}},
            "There is no program no-such-program",
        ),
        ({"suites": {"own": {"folder": "nowhere"}}}, "is no suite that can be read"),
        ({"suites": {"own": {"folder": "suite", "kinds": ["x"]}}}, "The plan asks nothing"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object], said: str
) -> None:
    run = Run(tmp_path, [question()], FILES)
    run.plan["arms"] = {"rank": {"kind": "rank", "command": [PROGRAM]}}
    run.plan |= change
    assert run.go() == 1
    assert said in capsys.readouterr().err


def test_a_worse_build_is_seen_as_worse(tmp_path: Path) -> None:
    """A model that answers with what it was shown, and a build that shows only 500 characters."""
    names = [f"handler_number_{number}" for number in range(60)]
    files = {"a.py": "\n".join(f"def {name}(): pass" for name in names)}

    def model(request: Request) -> str:
        if len(request.messages) < 4:
            return "```repl\nfor symbol in context.symbols('a.py'): print(symbol.name)\n```"
        seen = [name for name in names if f"{name}\n" in request.prompt]
        return "FINAL(" + answered(*seen) + ")"

    run = Run(tmp_path, [question(f"q{number}", names) for number in range(2)], files)
    run.plan["arms"] = {
        "now": {"kind": "program", "command": [PROGRAM]},
        "worse": {"kind": "program", "command": [PROGRAM], "settings": {"sandbox": {"output_chars": 500}}},
    }
    with ModelServer({"m": model}) as server:
        run.plan["models"]["m"] = endpoint(server)
        assert run.go() == 0
    for number in range(2):
        now, worse = (run.results[arm, f"q{number}"] for arm in ("now", "worse"))
        assert now.score.value == 1
        assert worse.score.value < 0.7
        assert worse.cost.new_chars < now.cost.new_chars
    assert "sandbox.output_chars = 500" in run.about["builds"]["worse"]


def test_unfinished_lines_are_asked_again(tmp_path: Path) -> None:
    run = Run(tmp_path, [question("q1"), question("q2")], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    with ModelServer({"m": lambda request: answered("one", "two")}) as server:
        run.plan["models"]["m"] = endpoint(server)
        assert run.go() == 0
        file = run.out / "results.jsonl"
        whole = file.read_text().splitlines()
        file.write_text(whole[0] + "\n" + whole[1][:50])
        assert run.go() == 0
        assert len(server.requests) == 3
    assert len(run.results) == 2
    assert json.loads(file.read_text().splitlines()[-1])["cell"]["question"] in ("q1", "q2")


def test_cells_have_file_names_of_their_own() -> None:
    odd = [
        Cell("s", "a/b", "arm", "m"),
        Cell("s", "a_b", "arm", "m"),
        Cell("s", "q" * 300, "arm", "m"),
        Cell("s", "q" * 299, "arm", "m"),
    ]
    assert len({cell.id for cell in odd}) == 4
    assert all("/" not in cell.id and len(cell.id.encode()) < 240 for cell in odd)
    assert Cell("s", "a-1", "arm", "").id == "s~a-1~arm~none~0"


def test_prose_is_judged_by_votes(tmp_path: Path) -> None:
    asked = question(
        form="prose", truth=(), criteria=("It names one.", "It names two."), gold_files=("a.py",)
    )
    run = Run(tmp_path, [asked], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    run.plan["judge"] = {"model": "judge", "votes": 3}
    votes = {"one": iter(["MET: yes", "MET: yes", "MET: no"]), "two": iter(["MET: no"] * 3)}

    def judge(request: Request) -> str:
        return next(votes["one" if "It names one." in request.text else "two"])

    with ModelServer({"m": lambda request: "It is one (`a.py:1`).", "j": judge}) as server:
        run.plan["models"] = {"m": endpoint(server), "judge": endpoint(server, "j")}
        assert run.go() == 0
    result = run.results["direct", "q1"]
    assert result.score.value == 0.5
    assert result.score.parts["recall"] == 1
    assert result.cost.calls == 1  # the judge is not the answer's cost
    assert run.about["spent"]["calls"] == 7


def test_an_answer_that_nobody_could_judge_has_no_score(tmp_path: Path) -> None:
    run = Run(tmp_path, [question(form="prose", truth=(), criteria=("It names one.",))], FILES)
    run.plan["arms"] = {"direct": {"kind": "direct"}}
    run.plan["judge"] = {"model": "judge", "votes": 2}
    with ModelServer({"m": lambda request: "It is one.", "j": lambda request: "Who knows?"}) as server:
        run.plan["models"] = {"m": endpoint(server), "judge": endpoint(server, "j")}
        assert run.go() == 3
    assert "No vote of the judge could be read" in run.about["unasked"][0]["reason"]


def test_runs_that_were_made_apart_are_put_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(tmp_path, [question()], FILES)
    with ModelServer({"m": lambda request: answered("one", "two")}) as server:
        run.plan["models"]["m"] = endpoint(server)
        outs = []
        for arm, chars in (("small", 1000), ("large", 2000)):
            run.plan["arms"] = {arm: {"kind": "direct", "chars": chars}}
            run.out = tmp_path / arm
            outs.append(str(run.out))
            assert run.go() == 0
    assert main(["merge", *outs, "--out", str(tmp_path / "both")]) == 0
    run.out = tmp_path / "both"
    assert {arm for arm, _ in run.results} == {"small", "large"}
    assert run.about["spent"]["calls"] == 2
    assert set(run.about["plan"]["arms"]) == set(run.about["builds"]) == {"small", "large"}
    assert (run.out / "records" / "own~q1~small~m~0.jsonl").exists()
    assert main(["merge", *outs, "--out", str(tmp_path / "both")]) == 1
    assert main(["merge", outs[0], outs[0], "--out", str(tmp_path / "twice")]) == 1
    said = capsys.readouterr().err
    assert "is there already" in said
    assert "has a result in more than one" in said
