"""Project limits: what a project's `rlm.toml` may override, which is to lower the limits that are marked so.

The mark stands at each field of the settings model, so a field that has none is not a project's to set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo

T = TypeVar("T")

_LOWERABLE = object()

# A limit that a project's file may lower, where None means that there is no limit.
Lowerable = Annotated[T, _LOWERABLE]


def is_lowerable(field: FieldInfo) -> bool:
    """Whether a project's file may lower this field of the settings model."""
    return _LOWERABLE in field.metadata


class Override(NamedTuple):
    """A setting that a project's file would have otherwise than it is.

    Attributes:
        keys: sections and key.
        value: what the file says.
        current: what it is without the file.
        verdict: `lowers` a limit, and nothing else is granted; it `raises` one; it is `foreign`, not a
            project's to set; or it would limit what is `uncounted`.
    """

    keys: tuple[str, ...]
    value: Any
    current: Any
    verdict: Literal["lowers", "raises", "foreign", "uncounted"]

    @property
    def name(self) -> str:
        """The setting as messages call it."""
        return ".".join(self.keys)


def overrides(project: BaseModel, current: BaseModel, section: tuple[str, ...] = ()) -> Iterator[Override]:
    """What a project's file would change, in the order of the model.

    Args:
        project: the settings that the file sets; its other fields do not count.
        current: the settings without the file.
        section: where in the settings the two stand.
    """
    for key, field in type(current).model_fields.items():
        if key not in project.model_fields_set:
            continue
        keys, value, present = (*section, key), getattr(project, key), getattr(current, key)
        if isinstance(present, BaseModel):
            yield from overrides(value, present, keys)
        elif value == present:
            continue
        elif not is_lowerable(field):
            yield Override(keys, value, present, "foreign")
        else:
            lowers = present is None or value < present
            yield Override(keys, value, present, "lowers" if lowers else "raises")


def rejections(requested: Sequence[Override], file: str) -> Iterator[str]:
    """What to say about a file's overrides that are not granted, as sentences.

    Values are not quoted: a file of the repository may say anything, and what is said here is believed.
    """
    raising = [f"{item.name} stays {item.current:,}" for item in requested if item.verdict == "raises"]
    if raising:
        yield f"{file} may lower limits, not raise them: {', '.join(raising)}. Your own rlm.toml may."
    foreign = [item.name for item in requested if item.verdict == "foreign"]
    if foreign:
        yield (
            f"{file} sets what a project may not choose ({', '.join(foreign)}); it is ignored. If you want "
            "it, set it by a flag, in the environment or in your own rlm.toml (rlm-mcp doctor says where)."
        )
    if any(item.verdict == "uncounted" for item in requested):
        yield (
            f"{file} limits the cost, which is only counted with prices of your own ([model.prices] in your "
            "own rlm.toml); it is ignored."
        )
