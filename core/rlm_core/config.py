"""Settings: one model for every face, from defaults, `rlm.toml`, environment and flags; later ones win.

A project's `rlm.toml` is repository text. It may lower the limits that are `Lowerable` below, and set
nothing else: not who answers for which price, where code goes, what is recorded, what keeps programs in.
"""

from __future__ import annotations

import difflib
import os
import reprlib
import tomllib
from typing import TYPE_CHECKING, Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from rlm_core.errors import ConfigError
from rlm_core.project_limits import Lowerable, Override, overrides, rejections
from rlm_core.well_formed import well_formed
from rlm_core.wording import escaped, truncate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

APP = "rlm-mcp"
PROJECT_FILE = "rlm.toml"
# Of a project: parsing takes the square of a hostile file's length, here still half a second.
PROJECT_FILE_BYTES = 16_384
_NAME_CHARS = 100  # that messages show of a key
_ERROR_CHARS = 200  # and of what the parser says


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Section):
    """What one run may spend: the whole tree of root model, sub-calls and child runs together.

    `rlm_core.engine.budget` enforces these in the middle of a cell as well as between turns.
    """

    turns: Lowerable[int] = Field(30, ge=1, description="Turns of the root model, and of each child run.")
    calls: Lowerable[int] = Field(500, ge=0, description="Sub-model calls; a child run counts as one too.")
    tokens: Lowerable[int] = Field(3_000_000, ge=1000, description="Input and output tokens together.")
    seconds: Lowerable[float] = Field(
        600.0, gt=0, description="Seconds of wall time; the call that closes an incomplete run gets 30 more."
    )
    cost: Lowerable[float | None] = Field(
        None, gt=0, description="US dollars; needs the prices of the models used (model.prices)."
    )
    depth: Lowerable[int] = Field(
        1, ge=0, description="How deep child runs (rlm_query) may nest; 0 turns rlm_query into llm_query."
    )
    concurrency: Lowerable[int] = Field(16, ge=1, description="Calls of the sub-model under way at once.")


class SandboxSettings(_Section):
    """What isolates programs, and what one may use. A cell is one fenced block that the model wrote."""

    backend: Literal["auto", "native", "wasm", "none"] = Field(
        "auto",
        description="What isolates programs: auto is the best there is here, native Linux's own lock, wasm "
        "WebAssembly, none nothing at all.",
    )
    cell_seconds: Lowerable[float] = Field(
        60.0, gt=0, description="Seconds that one cell may run, waiting for sub-calls not counted."
    )
    session_seconds: Lowerable[float] = Field(
        600.0, gt=0, description="Seconds that all cells of a session may run together."
    )
    cell_calls: Lowerable[int] = Field(
        5_000,
        ge=0,
        description="Calls in one cell of functions outside of the sandbox, such as llm_query and BUDGET.",
    )
    session_calls: Lowerable[int] = Field(50_000, ge=0, description="Such calls in all cells of a session.")
    memory_mb: Lowerable[int] = Field(
        1024,
        ge=64,
        le=1 << 20,
        description="MiB of memory that a program may use beyond the mapped workspace.",
    )
    output_chars: Lowerable[int] = Field(
        20_000,
        ge=200,
        description="Characters of a cell's output that the model sees; the rest is cut, and said so.",
    )


class WorkspaceSettings(_Section):
    """What belongs to the context."""

    max_file_kb: Lowerable[int] = Field(4096, ge=1, description="KiB; larger files are skipped and reported.")
    hide_secret_files: bool = Field(
        True, description="Leave files out whose names are those of secrets: .env, id_rsa, .netrc …"
    )
    mask_secrets: bool = Field(
        True,
        description="Mask what looks like a key, a token or a password in other files: as many characters, "
        "so lines and columns stay.",
    )
    cache_mb: int = Field(
        8192, ge=0, description="MiB of text kept on disk between runs, all workspaces together."
    )


class Price(_Section):
    """US dollars per million tokens."""

    input: float = Field(ge=0, description="Input tokens.")
    output: float = Field(ge=0, description="Output tokens, reasoning included.")
    cached_input: float | None = Field(
        None, ge=0, description="Input tokens that the provider had cached; by default as other input."
    )


class ModelSettings(_Section):
    """Which models answer. With neither a key nor a base URL the offline model is used."""

    name: str | None = Field(
        None,
        description="The root model, which writes programs and the answer; by default gpt-5 at OpenAI, "
        "elsewhere the only model that is served.",
    )
    sub_name: str | None = Field(
        None,
        description="The model behind llm_query and of child runs; by default the root model, and "
        "gpt-5-mini where that is gpt-5 by default.",
    )
    base_url: str | None = Field(
        None, description="URL of an OpenAI-compatible endpoint; by default OpenAI's own."
    )
    api_key: SecretStr | None = Field(
        None, description="The endpoint's key: only from the environment, never from a file."
    )
    timeout: float = Field(300.0, gt=0, description="Seconds that one try of a request may take.")
    retries: int = Field(
        4, ge=0, description="How often a request is tried again after a 429, a 5xx or a broken connection."
    )
    prices: dict[str, Price] = Field(
        default_factory=dict, description="Prices in US dollars per million tokens, by model name."
    )

    @property
    def endpoint(self) -> bool:
        """Whether there is an endpoint to ask."""
        return self.api_key is not None or self.base_url is not None


class ServerSettings(_Section):
    """What a server grants, and to how many."""

    patience: float = Field(
        45.0, gt=0, description="Seconds until a tool call returns; what it started goes on."
    )
    runs: int = Field(4, ge=1, description="Runs under way at once, for each client.")
    sessions: int = Field(16, ge=1, description="rlm_repl sessions at once, for each client.")
    idle_seconds: float = Field(
        1800.0, gt=0, description="Seconds without use after which an rlm_repl session ends."
    )
    client_cost: float | None = Field(
        None, gt=0, description="US dollars a client may spend over HTTP; runs at once each get what is left."
    )


class Settings(_Section):
    """Everything that can be set, and what is to be said about where it came from."""

    model: ModelSettings = ModelSettings()
    limits: Limits = Limits()
    sandbox: SandboxSettings = SandboxSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
    server: ServerSettings = ServerSettings()
    trace: bool = Field(
        True, description="Record every run under the user's state directory; the newest 200 are kept."
    )
    sources: tuple[str, ...] = Field((), description="Where the settings came from, for `doctor`.")
    notes: tuple[str, ...] = Field((), description="What the project's file asked for and did not get.")


_PROVENANCE = {"sources", "notes"}  # nobody sets these

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
    strict: bool = False,
) -> Settings:
    """Settings in force: defaults < user file < project file (first root) < environment < flags.

    What the project file asks for and may not have is left out and told in `Settings.notes`, unless the
    environment or a flag decides anyway. So is a file that cannot be used: it is the repository's, and must
    not be able to switch everything off.

    Args:
        roots: the workspace; `rlm.toml` is looked for in the first.
        environ: the environment to read.
        flags: sections of settings given on the command line; None values are not set.
        strict: raise for a project file that cannot be used, too.

    Raises:
        ConfigError: an unknown key (with the nearest known one) or a value of the wrong kind.
    """
    values: dict[str, Any] = {}
    sources = ["defaults"]
    notes: list[str] = []
    if user_file().is_file():
        values = _user_settings()
        sources.append(str(user_file()))
    explicit, explicit_sources = _environment_and_flags(environ, flags or {})
    decided = {(section, key) for section, keys in explicit.items() for key in keys}
    for path in [root / PROJECT_FILE for root in roots[:1]]:
        if os.path.lexists(path):
            shown = escaped(str(path))
            try:
                requested = [item for item in _project_overrides(path, values) if item.keys not in decided]
            except ConfigError:
                if strict:
                    raise
                notes.append(f"{shown} cannot be used and is left out; rlm-mcp doctor says why.")
                continue
            for item in requested:
                if item.verdict == "lowers":
                    section, key = item.keys  # limits are in sections
                    values.setdefault(section, {})[key] = item.value
            sources.append(shown)
            notes += rejections(requested, shown)
    _merge(values, explicit)
    provenance = {"sources": (*sources, *explicit_sources), "notes": tuple(map(well_formed, notes))}
    return _validated({**values, **provenance}, "the environment or flags")


def _user_settings() -> dict[str, Any]:
    values = _read(user_file())
    _validated(values, str(user_file()))
    if "api_key" in values.get("model", {}):
        raise ConfigError(
            f"{user_file()}: keys do not belong in files; set OPENAI_API_KEY instead of model.api_key."
        )
    return values


def _project_overrides(path: Path, user: dict[str, Any]) -> list[Override]:
    """What a project's file would have otherwise than the defaults and the user's file have it."""
    shown = escaped(str(path))
    if not path.resolve().is_relative_to(path.parent.resolve()):
        raise ConfigError(f"{shown} is a link that leads out of the project; it is not read.")
    if not path.is_file():  # a pipe would be waited for, and a device read for ever
        raise ConfigError(f"{shown} is no regular file, or a link that leads to none; it is not read.")
    size = path.stat().st_size
    if size > PROJECT_FILE_BYTES:
        raise ConfigError(f"{shown} has {size:,} bytes, more than the {PROJECT_FILE_BYTES:,} that it may.")
    settings = _validated(user, str(user_file()))
    requested = list(overrides(_validated(_read(path), shown, quote=False), settings))
    if settings.model.prices:
        return requested
    # Without prices money is not counted, and under a limit of money nothing would be answered.
    return [item._replace(verdict="uncounted") if item.name == "limits.cost" else item for item in requested]


def _environment_and_flags(
    environ: Mapping[str, str], flags: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What environment and flags set, by section, and where from."""
    values: dict[str, dict[str, Any]] = {}
    sources = []
    for name, (section, key) in ENVIRONMENT.items():
        if environ.get(name):
            values.setdefault(section, {})[key] = environ[name]
            sources.append(name)
    chosen = {s: {k: v for k, v in section.items() if v is not None} for s, section in flags.items()}
    if any(chosen.values()):
        _merge(values, chosen)
        sources.append("flags")
    return values, sources


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = truncate(escaped(str(error)), _ERROR_CHARS)
        raise ConfigError(f"{escaped(str(path))} cannot be read: {why}.") from error
    for reserved in _PROVENANCE & values.keys():
        raise ConfigError(f"{escaped(str(path))}: unknown key {reserved!r}.")
    return values


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _validated(values: dict[str, Any], source: str, *, quote: bool = True) -> Settings:
    """Settings from values; an error quotes the value, unless it is a project's, which may say anything."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_sentence(error.errors()[0], source, quote=quote)) from None


def _sentence(detail: ErrorDetails, source: str, *, quote: bool) -> str:
    *parents, key = (escaped(str(part)) for part in detail["loc"])
    name = truncate(".".join([*parents, key]), _NAME_CHARS)
    if detail["type"] != "extra_forbidden":
        got = f" (got {_quoted(detail['input'])})" if quote else ""
        return f"{source}: {name}: {detail['msg']}{got}."
    known = _known_keys(parents)
    near = difflib.get_close_matches(key, known, n=1)
    hint = (
        f"did you mean '{truncate('.'.join([*parents, near[0]]), _NAME_CHARS)}'?"
        if near
        else f"known keys: {', '.join(known)}."
    )
    return f"{source}: unknown key {name!r}; {hint}"


def _quoted(value: object) -> str:
    try:
        return reprlib.repr(value)
    except ValueError:  # more digits than Python will write
        return "a very large number"


def _known_keys(parents: Sequence[str]) -> list[str]:
    section: type[BaseModel] = Settings
    for parent in parents:
        field = section.model_fields.get(parent)
        annotation = Price if field is None else field.annotation
        section = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else Price
    return [key for key in section.model_fields if key not in {*_PROVENANCE, "api_key"}]
