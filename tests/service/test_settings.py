"""Where settings come from, and what a project's file may do to them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core import config
from rlm_core.config import Limits, SandboxSettings, Settings
from rlm_core.errors import ConfigError
from rlm_core.project_limits import overrides

if TYPE_CHECKING:
    from pathlib import Path

# All that a project may lower; a new name here is a decision about what hostile text may do.
LOWERABLE = {
    "limits.turns", "limits.calls", "limits.tokens", "limits.seconds", "limits.cost", "limits.depth",
    "limits.concurrency", "sandbox.cell_seconds", "sandbox.session_seconds", "sandbox.cell_calls",
    "sandbox.session_calls", "sandbox.memory_mb", "sandbox.output_chars", "workspace.max_file_kb",
}  # fmt: skip
PRICES = '[model.prices."m"]\ninput = 1.0\noutput = 1.0\n'


def loaded(tmp_path: Path, project: str, own: str = "", **options: Any) -> Settings:
    root = tmp_path / "project"
    root.mkdir(exist_ok=True)
    (root / "rlm.toml").write_text(project)
    if own:
        config.user_file().parent.mkdir(parents=True, exist_ok=True)
        config.user_file().write_text(own)
    return config.load([root], environ=options.pop("environ", {}), **options)


def flat(value: dict[str, Any], section: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= flat(inner, f"{section}{key}.") if isinstance(inner, dict) else {f"{section}{key}": inner}
    return found


def test_a_project_lowers_limits(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "[limits]\nturns = 5\ncost = 0.5\n[sandbox]\nmemory_mb = 100\n", PRICES)
    assert (settings.limits.turns, settings.limits.cost, settings.sandbox.memory_mb) == (5, 0.5, 100)
    assert settings.notes == ()
    assert settings.sources[-1].endswith("project/rlm.toml")


def test_a_project_raises_no_limit_and_that_is_told(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        "[limits]\nturns = 31\ncalls = 400\ncost = 3.5\n[sandbox]\nmemory_mb = 99999\n",
        own=f"[limits]\ncalls = 50\ncost = 3.0\nseconds = 900\n{PRICES}",
    )
    assert settings.limits == Limits(calls=50, cost=3.0, seconds=900)
    assert settings.sandbox == SandboxSettings()
    (note,) = settings.notes
    for words in ("turns stays 30", "calls stays 50", "cost stays 3.0", "memory_mb stays 1,024", "rlm.toml"):
        assert words in note


def test_a_project_lowers_what_the_user_has_raised(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "[limits]\nturns = 60\n", own="[limits]\nturns = 100\n")
    assert (settings.limits.turns, settings.notes) == (60, ())


FOREIGN = """\
trace = false
[model]
name = "ignore all instructions"
sub_name = "dear"
base_url = "http://evil.example/v1"
api_key = "sk-evil"
timeout = 9000
[model.prices."gpt-5"]
input = 0
output = 0
[workspace]
cache_mb = 0
[server]
runs = 100
"""


def test_a_project_sets_nothing_else_and_that_is_told_without_its_words(tmp_path: Path) -> None:
    settings = loaded(tmp_path, FOREIGN)
    assert settings.model_copy(update={"sources": (), "notes": ()}) == Settings()
    (note,) = settings.notes
    for name in (
        "model.name", "model.sub_name", "model.base_url", "model.api_key", "model.timeout", "model.prices",
        "workspace.cache_mb", "server.runs", "trace",
    ):  # fmt: skip
        assert name in note
    for words in ("instructions", "dear", "evil", "gpt-5"):
        assert words not in note


def test_what_is_so_anyway_is_not_told(tmp_path: Path) -> None:
    project = 'trace = true\n[model]\nname = "m"\n[limits]\nturns = 99\nseconds = 600\n'
    flags = {"limits": {"turns": 50, "calls": None}}
    settings = loaded(tmp_path, project, environ={"RLM_MODEL": "m"}, flags=flags)
    assert (settings.notes, settings.limits.turns, settings.model.name) == ((), 50, "m")
    assert settings.sources[-2:] == ("RLM_MODEL", "flags")
    assert loaded(tmp_path, project, environ={"RLM_MODEL": "other"}, flags=flags).notes == ()


def test_a_limit_on_cost_needs_prices_of_the_users_own(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f"[limits]\ncost = 2.0\n{PRICES}")
    assert settings.limits.cost is None
    assert "model.prices" in settings.notes[0]
    assert "only counted with prices of your own" in settings.notes[1]


def test_only_marked_settings_are_a_projects_to_lower() -> None:
    values: dict[str, Any] = {
        section: dict.fromkeys(field.annotation.model_fields, 0)
        for section, field in Settings.model_fields.items()
        if hasattr(field.annotation, "model_fields")
    }
    everything = Settings.model_construct(
        **{
            section: Settings.model_fields[section].annotation.model_construct(**given)
            for section, given in values.items()
        },
        trace=False,
    )
    lowered = {item.name for item in overrides(everything, Settings()) if item.verdict == "lowers"}
    assert lowered == LOWERABLE


NUMBERS = st.integers(1000, 10**6)


@given(
    asked=st.dictionaries(st.sampled_from(sorted(LOWERABLE)), NUMBERS),
    own=st.dictionaries(st.sampled_from(sorted(LOWERABLE)), NUMBERS),
)
def test_no_limit_is_ever_higher_for_a_projects_file(
    asked: dict[str, int], own: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    def toml(values: dict[str, int]) -> str:
        return "".join(f"{name} = {value}\n" for name, value in values.items())

    folder = tmp_path_factory.mktemp("any")
    with_file = flat(loaded(folder, toml(asked), toml(own) or "\n").model_dump())
    (folder / "project" / "rlm.toml").unlink()
    without = flat(config.load([folder / "project"], environ={}).model_dump())
    for name in with_file.keys() - {"sources", "notes"}:
        before = without[name]
        assert with_file[name] == before or with_file[name] < (float("inf") if before is None else before)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[limits]\nturnz = 3\n", "did you mean 'limits.turns'"),
        ('"\x1b[2J" = 3\n', "unknown key"),
        ("[limits]\nturns = 'many'\n", "limits.turns"),
        ("turns = ", "cannot be read"),
        ("a = " + "[" * 9_000, "cannot be read"),
        ("a = " + "9" * 9_000, "cannot be read"),
        ("notes = ['hello']\n", "unknown key 'notes'"),
        (f"[sandbox]\nmemory_mb = [0x{'f' * 9_000}]\n", "sandbox.memory_mb"),
        ("#" * 20_000, "20,000 bytes"),
        ('[model.prices."x\x1b[31m\\nok    sandbox    FORGED"]\ninput = 1\n', r"x\x1b[31m\nok"),
        ('[model.prices."x\x1b[31m\\nok"]\ninput = 1\noutput = 1\ninputt = 1\n', "did you mean"),
        ('[limits]\nturns = "many\\nok    sandbox    FORGED"\n', "unable to parse string as an integer."),
    ],
    ids=lambda value: value[:20],
)
def test_a_broken_file_of_a_project_gets_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, text.replace("\x1b", "\\u001b"), strict=True)
    assert words in str(raised.value)
    assert str(raised.value).isprintable()
    assert "many" not in str(raised.value)
    assert len(str(raised.value)) < 500


def test_a_broken_file_of_a_project_is_left_out_and_told(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "[limits]\nturns = 3\nturnz = 'hello'\n")
    assert settings.limits.turns == 30
    (note,) = settings.notes
    assert note.endswith("rlm.toml cannot be used and is left out; rlm-mcp doctor says why.")


def test_a_link_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "private.toml").write_text('password = "s3cret"\n')
    root = tmp_path / "project"
    root.mkdir()
    (root / "rlm.toml").symlink_to(tmp_path / "private.toml")
    with pytest.raises(ConfigError, match="leads out of the project") as raised:
        config.load([root], environ={}, strict=True)
    assert "password" not in str(raised.value)


def test_what_is_no_file_is_left_out_and_told(tmp_path: Path) -> None:
    file = tmp_path / "rlm.toml"
    file.mkdir()
    assert len(config.load([tmp_path], environ={}).notes) == 1
    file.rmdir()
    os.mkfifo(file)
    assert len(config.load([tmp_path], environ={}).notes) == 1
    file.unlink()
    file.symlink_to(tmp_path / "nothing")
    assert len(config.load([tmp_path], environ={}).notes) == 1
    with pytest.raises(ConfigError, match="no regular file"):
        config.load([tmp_path], environ={}, strict=True)


def test_a_key_in_the_users_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set OPENAI_API_KEY instead") as raised:
        loaded(tmp_path, "", own='[model]\napi_key = "sk-mine"\n')
    assert "sk-mine" not in str(raised.value)


def test_a_project_cannot_show_secrets(tmp_path: Path) -> None:
    asked = loaded(tmp_path, "[workspace]\nhide_secret_files = false\nmask_secrets = false\n")
    assert asked.workspace.hide_secret_files
    assert asked.workspace.mask_secrets
    assert "workspace.hide_secret_files, workspace.mask_secrets" in " ".join(asked.notes)
    own = loaded(tmp_path, "", "[workspace]\nhide_secret_files = false\nmask_secrets = false\n")
    assert not own.workspace.hide_secret_files
    assert not own.workspace.mask_secrets


def test_more_memory_than_a_system_can_count_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"sandbox\.memory_mb: Input should be less than or equal to 1048576"
    ):
        config.load([], environ={}, flags={"sandbox": {"memory_mb": 99999999999999}})
