"""Plan of a run: suites, arms, models and the budget, from a TOML file.

    [budget]
    calls = 2000
    usd = 5.0

    [suites.django]
    folder = "suites/django"
    root = "repositories/django"
    levels = [1, 2]

    [models.mini]
    kind = "endpoint"
    name = "gpt-5-mini"

    [arms.rlm]
    kind = "program"

Relative paths are relative to the plan.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rlm_core.config import Price


class PlanError(Exception):
    """A plan that cannot be carried out, as a sentence."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BudgetPlan(_Section):
    """What all cells together may spend on models; a run says what it may cost before it begins."""

    calls: int = Field(ge=0, description="Requests to models.")
    usd: float | None = Field(None, gt=0, description="US dollars at list price; each model needs one.")
    new_chars: int | None = Field(None, gt=0, description="New input characters.")


class SuitePlan(_Section):
    """Which questions of a suite are asked, and where the files that they are about lie."""

    folder: Path
    root: str | None = Field(None, description="The repository; {workspace} in it is the question's.")
    kinds: tuple[str, ...] = Field((), description="Only these kinds of question.")
    levels: tuple[int, ...] = Field((), description="Only these levels.")
    ids: tuple[str, ...] = Field((), description="Only these questions.")
    half: Literal["tune", "hold"] | None = Field(
        None, description="Only the half that a change is tuned on, or the one held back; by a hash of ids."
    )
    per_kind: int | None = Field(None, ge=1, description="Only the first so many of each kind.")


class EndpointPlan(_Section):
    """A model behind an OpenAI-compatible endpoint."""

    kind: Literal["endpoint"]
    name: str
    base_url: str | None = None
    key_env: str = Field("OPENAI_API_KEY", description="The environment variable that has the key.")
    timeout: float = Field(600.0, gt=0, description="Seconds that one try of a request may take.")
    price: str | Price | None = Field(
        None, description="A model of the price list, or a price; by default what `name` is on the list."
    )
    sub: str | None = Field(None, description="The plan's model that answers sub-calls; by default itself.")


class ReaderPlan(_Section):
    """A model that is whoever answers the files in a folder."""

    kind: Literal["reader"]
    folder: Path
    price: str | Price | None = Field(None, description="A model of the price list to count by, or a price.")
    sub: str | None = None


class OraclePlan(_Section):
    """A leaf that says what the suite's labels say of each item in its prompt; free unless it has a price."""

    kind: Literal["oracle"]
    price: str | Price = Field(
        Price(input=0, output=0), description="A model of the price list to count by, or a price."
    )
    sub: None = None


ModelPlan = Annotated[EndpointPlan | ReaderPlan | OraclePlan, Field(discriminator="kind")]


class ProgramArm(_Section):
    """This program, of any version: `COMMAND ask --json`."""

    kind: Literal["program"]
    command: tuple[str, ...] = ("rlm-mcp",)
    flags: tuple[str, ...] = Field((), description="Further flags of `ask`: the strategy, limits.")
    settings: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="What its user's rlm.toml says."
    )
    asks_model: Literal[True] = True


class OfflineArm(_Section):
    """This program without a model: what it quotes of its own."""

    kind: Literal["offline"]
    command: tuple[str, ...] = ("rlm-mcp",)
    flags: tuple[str, ...] = ()
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    asks_model: Literal[False] = False


class RankArm(_Section):
    """`context.rank` alone: the files it finds, best first, and the definitions."""

    kind: Literal["rank"]
    command: tuple[str, ...] = ("rlm-mcp",)
    files: int = Field(10, ge=1, description="How many.")
    definitions: int = Field(
        0, ge=0, description="How many, ranked by themselves; 0: the best of each file, as older builds have."
    )
    asks_model: Literal[False] = False


class RankCallArm(_Section):
    """`context.rank`, and one call with what it finds."""

    kind: Literal["rank-call"]
    command: tuple[str, ...] = ("rlm-mcp",)
    files: int = Field(10, ge=1)
    chars: int = Field(60_000, ge=1000, description="Characters of code in the prompt.")
    asks_model: Literal[True] = True


class DirectArm(_Section):
    """One call with as much of the repository as fits."""

    kind: Literal["direct"]
    chars: int = Field(400_000, ge=1000, description="Characters of the window left for files.")
    asks_model: Literal[True] = True


class AgentArm(_Section):
    """A loop in which the model has a shell to search and read with."""

    kind: Literal["agent"]
    turns: int = Field(30, ge=1)
    output_chars: int = Field(10_000, ge=200, description="Characters of a command's output that are shown.")
    command_seconds: float = Field(60.0, gt=0)
    asks_model: Literal[True] = True


ArmPlan = Annotated[
    ProgramArm | OfflineArm | RankArm | RankCallArm | DirectArm | AgentArm, Field(discriminator="kind")
]


class JudgePlan(_Section):
    """Who judges answers in prose, and how often."""

    model: str
    votes: int = Field(3, ge=1)


class Plan(_Section):
    """A run, as it is agreed before it begins."""

    budget: BudgetPlan
    suites: dict[str, SuitePlan] = Field(min_length=1)
    arms: dict[str, ArmPlan] = Field(min_length=1)
    models: dict[str, ModelPlan] = Field(default_factory=dict)
    judge: JudgePlan | None = None
    repeats: int = Field(1, ge=1)
    concurrency: int = Field(4, ge=1, description="Cells under way at once.")
    cell_seconds: float = Field(900.0, gt=0, description="Wall time of one cell.")

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Plan:
        named = [("judge.model", self.judge.model)] if self.judge else []
        named += [(f"models.{name}.sub", model.sub) for name, model in self.models.items() if model.sub]
        for where, name in named:
            if name not in self.models:
                raise ValueError(f"{where} is {name!r}, and there is no [models.{name}]")
        askers = [name for name, arm in self.arms.items() if arm.asks_model]
        if askers and not self.roots():
            raise ValueError(f"the arm {askers[0]} asks a model, and the plan has none")
        return self

    def roots(self) -> list[str]:
        """The models that answer questions: all but those that only judge or take sub-calls."""
        subs = {model.sub for model in self.models.values() if model.sub}
        judge = {self.judge.model} if self.judge else set()
        return [
            name
            for name, model in self.models.items()
            if model.kind != "oracle" and name not in subs and name not in judge
        ]


def load(path: Path) -> Plan:
    """Reads a plan.

    Raises:
        PlanError: it is not there, no TOML, or says what no plan can say.
    """
    try:
        plan = Plan.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise PlanError(f"The plan {path} cannot be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"The plan {path} is no TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the plan"
        raise PlanError(f"The plan {path} cannot be carried out: {where}: {first['msg']}.") from error
    return _absolute(plan, path.parent.resolve())


def _absolute(plan: Plan, base: Path) -> Plan:
    suites = {
        name: suite.model_copy(
            update={
                "folder": (base / suite.folder.expanduser()).resolve(),
                "root": suite.root and os.path.normpath(base / Path(suite.root).expanduser()),
            }
        )
        for name, suite in plan.suites.items()
    }
    models = {
        name: model.model_copy(update={"folder": (base / model.folder.expanduser()).resolve()})
        if isinstance(model, ReaderPlan)
        else model
        for name, model in plan.models.items()
    }
    arms = {
        name: arm
        if isinstance(arm, DirectArm | AgentArm)
        else arm.model_copy(update={"command": _program(arm.command, base)})
        for name, arm in plan.arms.items()
    }
    return plan.model_copy(update={"suites": suites, "models": models, "arms": arms})


def _program(command: tuple[str, ...], base: Path) -> tuple[str, ...]:
    """A command; a program that is named with a folder is one of the plan's."""
    program = Path(command[0]).expanduser()
    return (os.path.normpath(base / program), *command[1:]) if len(program.parts) > 1 else command
