"""Output schemas of the tools, which every connection pays for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


def _lean_output(schema: dict[str, Any]) -> None:
    schema.pop("title", None)
    schema.pop("description", None)
    schema.pop("required", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
        field.pop("default", None)
        field.pop("additionalProperties", None)
        field.pop("items", None)


class _OutputSchema(BaseModel):
    model_config = ConfigDict(json_schema_extra=_lean_output)


class RunReport(_OutputSchema):
    """A run as `rlm_query` and `rlm_result` tell of it; `rlm_core.engine.answer.Answer` once it is over.

    Where no model is configured there is no run, but a `session` of `rlm_repl`.
    """

    run_id: str = ""
    session: str = ""
    status: Literal["running", "complete", "incomplete", "extract", "failed", "cancelled"]
    next: str = ""
    answer: str = ""
    page: int = 1
    pages: int = 1
    reason: str = ""
    citations: list[dict[str, Any]] = []
    unverified: list[str] = []
    changed: list[str] = []
    notes: list[str] = []
    progress: list[str] = []
    model: str = ""
    snapshot: str = ""
    coverage: dict[str, Any] = {}
    usage: dict[str, Any] = {}


class ReplResult(_OutputSchema):
    """What became of a program in `rlm_repl`."""

    session: str
    status: Literal["ready", "running", "suspended", "done", "failed"]
    next: str = ""
    output: str = ""
    error: str = ""
    page: int = 1
    pages: int = 1
    prompts: list[str] = []
    first: int = 0
    waiting: int = 0
    variables: list[str] = []
    cuts: list[str] = []
    changed: list[str] = []
    notes: list[str] = []
    sub_model: str = ""
    snapshot: str = ""
