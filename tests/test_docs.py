"""Settings reference: that it is current, and that the schema of `rlm.toml` says what `config.load` does."""

from __future__ import annotations

import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from rlm_core import config
from rlm_core.errors import ConfigError

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "docs" / "rlm.schema.json").read_text("utf-8"))
EXAMPLES = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
EXAMPLE = next(text for text in EXAMPLES if "[limits]" in text)


def test_page_and_schema_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "settings.py"), "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("", True),
        (EXAMPLE, True),
        ("trace = false\n[limits]\ncost = 0.5\nseconds = 60", True),
        ('[sandbox]\nbackend = "wasm"', True),
        ('[sandbox]\nbackend = "docker"', False),
        ("[limits]\nturns = 0", False),
        ("[limits]\nturn = 3", False),
        ('[model]\napi_key = "sk-1"', False),
        ('[model.prices."m"]\ninput = 1', False),
        ("[server]\npatience = 0", False),
        ("[server]\npatience = 0.5", True),
        ('sources = ["me"]', False),
        ("[database]", False),
    ],
)
def test_the_schema_accepts_what_the_loader_does(text: str, valid: bool) -> None:
    config.user_file().parent.mkdir(parents=True)
    config.user_file().write_text(text)
    assert Draft7Validator(SCHEMA).is_valid(tomllib.loads(text)) == valid
    try:
        config.load(environ={})
    except ConfigError:
        assert not valid
    else:
        assert valid


def bounds() -> list[tuple[str, str]]:
    """The figures of SECURITY.md's table, and where each stands."""
    text = (ROOT / "SECURITY.md").read_text("utf-8").partition("## What is bounded")[2]
    return re.findall(r"^\| [^|]+ \| [^|]+ \| ([^|(]+) \| `([^`]+)` \|$", text, re.MULTILINE)


def figure(text: str) -> float:
    number, _, unit = text.partition(" ")
    return float(number.replace(",", "")) * {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[unit]


def test_there_are_bounds() -> None:
    assert len(bounds()) > 40


@pytest.mark.parametrize(("shown", "place"), bounds(), ids=lambda value: value)
def test_bounds_are_what_the_security_page_says(shown: str, place: str) -> None:
    module, _, name = place.rpartition(".")
    if module in config.Settings.model_fields:
        holder: object = getattr(config.Settings(), module)
    else:
        holder = pkgutil.resolve_name(module if module.startswith("rlm_mcp.") else f"rlm_core.{module}")
    assert getattr(holder() if isinstance(holder, type) else holder, name) == figure(shown)
