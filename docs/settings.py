"""Settings reference: writes `settings.md` and `rlm.schema.json` beside this file from the settings model.

uv run python docs/settings.py            writes both
uv run python docs/settings.py --check    writes nothing; exits with 1 where one is out of date
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from rlm_core.config import ENVIRONMENT, Price, Settings
from rlm_core.project_limits import is_lowerable
from rlm_mcp.cli.options import FLAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
# Not for a file: `load` sets the first two, and keys belong into the environment.
NOT_IN_FILES = {"sources", "notes", "api_key"}
INTRODUCTION = """\
<!-- Made by docs/settings.py from core/rlm_core/config.py: change it there. -->

# Settings

Later ones win: defaults, your own `rlm.toml`, the project's `rlm.toml`, environment, flags. Your own file is
in your config folder (`~/.config/rlm-mcp/rlm.toml` on Linux); `rlm-mcp doctor` says where, and what is in
force. In your own file, an unknown key or a value of the wrong kind is an error that names it.

A project's `rlm.toml`, in the root of what is opened, is repository text: it may only lower what is marked ↓
here. What else it says is left out, and told.

`OPENAI_API_KEY` is read from the environment alone. With neither it nor `model.base_url`, the offline model
answers.

## In an editor

[`rlm.schema.json`](rlm.schema.json) is the JSON schema of `rlm.toml`. Taplo (Even Better TOML in VS Code;
`taplo lsp` elsewhere) completes and checks a file against it whose first line names it, by a path from the
file or by a URL:

```toml
#:schema ../rlm-mcp/docs/rlm.schema.json
```
"""


class Setting(NamedTuple):
    """One key of `rlm.toml`; `schema` is its JSON schema, with description and default."""

    name: str
    schema: dict[str, Any]
    lowerable: bool
    flag: str
    variable: str

    @property
    def overrides(self) -> list[str]:
        """What else sets it: flag and environment variable."""
        return [name for name in (self.flag, self.variable) if name]


class Section(NamedTuple):
    """A table of `rlm.toml`, with the keys that are directly in it; `header` is empty for the top."""

    header: str
    description: str
    settings: list[Setting]


def main() -> int:
    """Writes or checks both files; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if out of date")
    check = parser.parse_args().check
    schema = json_schema()
    texts = {HERE / "settings.md": page(schema), HERE / "rlm.schema.json": schema_file(schema)}
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in stale:
        if check:
            sys.stderr.write(f"{path} is out of date; uv run python docs/settings.py writes it.\n")
        else:
            path.write_text(texts[path], "utf-8")
    return int(check and bool(stale))


def json_schema() -> dict[str, Any]:
    """The schema of a file: without references, which need no following then, and null, which TOML lacks."""
    made = Settings.model_json_schema()
    made["description"] = "Settings of rlm-mcp, your own or a project's."
    return _inlined(made, made.pop("$defs"))


def _inlined(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:  # with null: such a key is left out of a file
        (value,) = (branch for branch in schema["anyOf"] if branch != {"type": "null"})
        schema = value | {key: schema[key] for key in schema if key not in ("anyOf", "default")}
    schema = {key: value for key, value in schema.items() if key != "title"}
    if "properties" in schema:
        schema["description"] = schema["description"].partition("\n\n")[0]
        schema["properties"] = {
            key: _inlined(value, definitions)
            for key, value in schema["properties"].items()
            if key not in NOT_IN_FILES
        }
    if isinstance(schema.get("additionalProperties"), dict):
        schema["additionalProperties"] = _inlined(schema["additionalProperties"], definitions)
    return schema


def schema_file(schema: dict[str, Any]) -> str:
    """The schema as an editor shows it, in draft 7, which Taplo knows: descriptions say what else counts."""
    shown: dict[str, Any] = json.loads(json.dumps(schema))
    for section in sections(shown):
        for setting in section.settings:
            also = [f"Also: {', '.join(setting.overrides)}."] if setting.overrides else []
            lowers = ["A project's file may lower it."] if setting.lowerable else []
            setting.schema["description"] = " ".join([setting.schema["description"], *also, *lowers])
    shown = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "rlm.toml", **shown}
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def sections(
    schema: dict[str, Any], model: type[BaseModel] = Settings, keys: tuple[str, ...] = ()
) -> Iterator[Section]:
    """All tables of a file, in the order of the model that the schema was made from."""
    inner, rows = [], []
    for name, value in schema["properties"].items():
        field, path = model.model_fields[name], (*keys, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            inner.append(sections(value, field.annotation, path))
        elif path == ("model", "prices"):
            inner.append(sections(value["additionalProperties"], Price, (*path, '"NAME"')))
        else:
            flag = next((flag for flag, (*of, _, _, _) in FLAGS.items() if tuple(of) == path), "")
            variable = next((variable for variable, of in ENVIRONMENT.items() if of == path), "")
            rows.append(Setting(name, value, is_lowerable(field), flag, variable))
    yield Section(".".join(keys), schema["description"], rows)
    for section in inner:
        yield from section


def page(schema: dict[str, Any]) -> str:
    """The page for people."""
    parts = [INTRODUCTION]
    for header, description, settings in sections(schema):
        rows = ["| key | default | may be | also | is |", "|---|---|---|---|---|", *map(_row, settings)]
        title = f"`[{header}]`" if header else "Above all sections"
        parts += [f"## {title}\n", f"{description}\n", "\n".join(rows) + "\n"]
    return "\n".join(parts)


def _row(setting: Setting) -> str:
    key = f"`{setting.name}`{' ↓' if setting.lowerable else ''}"
    also = ", ".join(f"`{name}`" for name in setting.overrides)
    cells = (key, _default(setting.schema), _allowed(setting.schema), also, setting.schema["description"])
    return f"| {' | '.join(cells)} |"


def _default(schema: dict[str, Any]) -> str:
    if "default" not in schema:
        return ""
    value = schema["default"]
    return f"`{json.dumps(value) if isinstance(value, str | bool) else format(value, '_')}`"


def _allowed(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    bounds = [f"≥ {schema['minimum']:_}"] if "minimum" in schema else []
    bounds += [f"> {schema['exclusiveMinimum']:_}"] if "exclusiveMinimum" in schema else []
    return " ".join([schema["type"], *bounds])


if __name__ == "__main__":
    sys.exit(main())
