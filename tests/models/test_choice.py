from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import SecretStr

from rlm_core.config import ModelSettings
from rlm_core.models import choose
from rlm_core.models.base import ModelError


def test_nothing_configured_gives_the_offline_model_and_says_so() -> None:
    chosen = choose(ModelSettings())
    assert chosen.root.name == chosen.sub.name == "offline"
    assert "No language model" in chosen.notes[0]


def test_a_name_alone_is_not_enough() -> None:
    chosen = choose(ModelSettings(name="gpt-9"))
    assert chosen.root.name == "offline"
    assert "gpt-9" in chosen.notes[0]
    assert "OPENAI_API_KEY" in chosen.notes[0]


def test_a_key_alone_gives_default_models_and_says_which() -> None:
    chosen = choose(ModelSettings(api_key=SecretStr("sk-1")))
    assert (chosen.root.name, chosen.sub.name) == ("gpt-5", "gpt-5-mini")
    assert "gpt-5-mini" in chosen.notes[0]


def test_a_named_model_answers_its_sub_calls_too() -> None:
    chosen = choose(ModelSettings(api_key=SecretStr("sk-1"), name="gpt-9"))
    assert (chosen.root.name, chosen.sub.name) == ("gpt-9", "gpt-9")
    assert chosen.notes == ()


def test_choosing_imports_no_client() -> None:
    code = (
        "import sys; from rlm_core.config import ModelSettings; from rlm_core.models import choose; "
        "choose(ModelSettings(base_url='http://127.0.0.1:9/v1')); sys.exit('openai' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("url", ["http://[", "http://host:999999/v1", "host/v1", "ftp://user:secret@host/v1"])
def test_a_base_url_that_is_none_gets_a_sentence(url: str) -> None:
    with pytest.raises(ModelError, match="The base URL is none that can be asked") as raised:
        choose(ModelSettings(base_url=url, name="m"))
    assert "secret" not in str(raised.value)
