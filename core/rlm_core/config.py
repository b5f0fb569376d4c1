"""One settings model for every face: defaults, `rlm.toml`, environment, flags; later ones win."""

from __future__ import annotations

import difflib
import os
import tomllib
from typing import TYPE_CHECKING, Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from rlm_core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

APP = "rlm-mcp"
PROJECT_FILE = "rlm.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Section):
    """What one run may spend: the whole tree of root model, sub-calls and child runs together.

    `rlm_core.engine.budget` enforces these in the middle of a cell as well as between turns.
    """

    turns: int = Field(30, ge=1, description="Turns of the root model (and, each, of a child).")
    calls: int = Field(500, ge=0, description="Sub-model calls.")
    tokens: int = Field(3_000_000, ge=1000, description="Input and output tokens together.")
    seconds: float = Field(600.0, gt=0, description="Wall time.")
    cost: float | None = Field(None, gt=0, description="US dollars; needs prices for the models used.")
    depth: int = Field(1, ge=0, description="How deep rlm_query may nest; 0 turns it into llm_query.")
    concurrency: int = Field(16, ge=1, description="Sub-model calls under way at once.")


class SandboxSettings(_Section):
    """What isolates programs, and what one may use. A cell is one fenced block that the model wrote."""

    backend: Literal["auto", "native", "wasm", "none"] = Field(
        "auto", description="The best there is here, Linux's own lock, WebAssembly, or no isolation at all."
    )
    cell_seconds: float = Field(60.0, gt=0, description="Running time of one cell, sub-calls not counted.")
    session_seconds: float = Field(600.0, gt=0, description="Running time of a session's cells together.")
    cell_calls: int = Field(5_000, ge=0, description="Calls of functions outside of the sandbox in one cell.")
    session_calls: int = Field(50_000, ge=0, description="Such calls in all cells of a session.")
    memory_mb: int = Field(1024, ge=64, description="Memory of the program beyond the mapped workspace.")
    output_chars: int = Field(20_000, ge=200, description="Characters of a cell's output the model sees.")


class WorkspaceSettings(_Section):
    """What belongs to the context."""

    max_file_kb: int = Field(4096, ge=1, description="Larger files are skipped and reported.")
    cache_mb: int = Field(8192, ge=0, description="Text kept on disk between runs, all workspaces together.")


class Price(_Section):
    """US dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(None, ge=0)


class ModelSettings(_Section):
    """Which models answer. With neither a key nor a base URL the offline model is used."""

    name: str | None = Field(None, description="The root model, RLM_MODEL.")
    sub_name: str | None = Field(None, description="The model behind llm_query, RLM_SUB_MODEL.")
    base_url: str | None = Field(None, description="An OpenAI-compatible endpoint, OPENAI_BASE_URL.")
    api_key: SecretStr | None = Field(None, description="Only from OPENAI_API_KEY, never from a file.")
    timeout: float = Field(300.0, gt=0, description="Seconds for one request.")
    retries: int = Field(4, ge=0, description="Tries again after a 429, a 5xx or a broken connection.")
    prices: dict[str, Price] = Field(default_factory=dict, description="Prices by model name.")

    @property
    def endpoint(self) -> bool:
        """Whether there is an endpoint to ask."""
        return self.api_key is not None or self.base_url is not None


class ServerSettings(_Section):
    """What a server grants, and to how many."""

    patience: float = Field(45.0, gt=0, description="Seconds until a call returns though its run goes on.")
    runs: int = Field(4, ge=1, description="Runs under way at once, for each client.")
    sessions: int = Field(16, ge=1, description="rlm_repl sessions at once, for each client.")
    idle_seconds: float = Field(1800.0, gt=0, description="An rlm_repl session ends after so long unused.")
    client_cost: float | None = Field(
        None, gt=0, description="US dollars a client may spend over HTTP; runs at once each get what is left."
    )


class Settings(_Section):
    """Everything that can be set."""

    model: ModelSettings = ModelSettings()
    limits: Limits = Limits()
    sandbox: SandboxSettings = SandboxSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
    server: ServerSettings = ServerSettings()
    trace: bool = Field(True, description="Record every run under the user's state directory.")
    sources: tuple[str, ...] = Field((), description="Where the settings came from, for `doctor`.")


ENVIRONMENT: dict[str, tuple[str, str]] = {
    "OPENAI_API_KEY": ("model", "api_key"),
    "OPENAI_BASE_URL": ("model", "base_url"),
    "RLM_MODEL": ("model", "name"),
    "RLM_SUB_MODEL": ("model", "sub_name"),
}


def user_file() -> Path:
    """The per-user `rlm.toml`."""
    return platformdirs.user_config_path(APP) / PROJECT_FILE


def cache_dir() -> Path:
    """Where the text of workspaces is kept between runs."""
    return platformdirs.user_cache_path(APP) / "workspaces"


def state_dir() -> Path:
    """Where traces go."""
    return platformdirs.user_state_path(APP)


def load(
    roots: Sequence[Path] = (),
    *,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Settings in force: defaults < user file < project file (first root) < environment < flags.

    A project file is repository text, so it may not choose where questions and code are sent, nor what
    a server grants: its `model.base_url` and `server` are refused.

    Args:
        roots: the workspace; `rlm.toml` is looked for in the first.
        environ: the environment to read.
        flags: sections of settings given on the command line; None values are not set.

    Raises:
        ConfigError: an unknown key (with the nearest known one) or a value of the wrong kind.
    """
    merged: dict[str, Any] = {}
    sources = ["defaults"]
    for path, trusted in [(user_file(), True), *((root / PROJECT_FILE, False) for root in roots[:1])]:
        if path.is_file():
            _merge(merged, _read(path, trusted=trusted))
            sources.append(str(path))
    for name, (section, key) in ENVIRONMENT.items():
        if environ.get(name):
            merged.setdefault(section, {})[key] = environ[name]
            sources.append(name)
    given = {s: {k: v for k, v in values.items() if v is not None} for s, values in (flags or {}).items()}
    if any(given.values()):
        _merge(merged, given)
        sources.append("flags")
    return _validated({**merged, "sources": tuple(sources)}, "the environment or flags")


def _read(path: Path, *, trusted: bool) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from error
    if "sources" in values:
        raise ConfigError(f"{path}: unknown key 'sources'.")
    _validated(values, str(path))
    model = values.get("model", {})
    if "api_key" in model:
        raise ConfigError(
            f"{path}: keys do not belong in files; set OPENAI_API_KEY instead of model.api_key."
        )
    if not trusted and "server" in values:
        raise ConfigError(f"{path}: a project may not choose what a server grants; set it in {user_file()}.")
    if not trusted and "backend" in values.get("sandbox", {}):
        raise ConfigError(f"{path}: a project may not choose how it is isolated; use --sandbox.")
    if not trusted and "base_url" in model:
        raise ConfigError(
            f"{path}: a project may not choose the endpoint that its code is sent to; "
            f"set OPENAI_BASE_URL, or model.base_url in {user_file()}."
        )
    return values


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _validated(values: dict[str, Any], source: str) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_sentence(error.errors()[0], source)) from None


def _sentence(detail: ErrorDetails, source: str) -> str:
    *parents, key = (str(part) for part in detail["loc"])
    name = ".".join([*parents, key])
    if detail["type"] != "extra_forbidden":
        return f"{source}: {name}: {detail['msg']} (got {detail['input']!r})."
    known = _known_keys(parents)
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean '{'.'.join([*parents, near[0]])}'?" if near else f"known keys: {', '.join(known)}."
    return f"{source}: unknown key '{name}'; {hint}"


def _known_keys(parents: Sequence[str]) -> list[str]:
    section: type[BaseModel] = Settings
    for parent in parents:
        field = section.model_fields.get(parent)
        annotation = Price if field is None else field.annotation
        section = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else Price
    return [key for key in section.model_fields if key not in {"sources", "api_key"}]
