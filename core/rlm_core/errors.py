"""Errors: the one exception family whose messages are meant to be read by people."""

from rlm_core.well_formed import well_formed


class RlmError(Exception):
    """Something a person (or a model) can act on.

    The message is a whole sentence: what was wrong, where, and what to do. Faces show it as it is
    and never show a traceback for it. What it quotes may have lone surrogates; those are replaced.
    """

    def __str__(self) -> str:
        return well_formed(super().__str__())


class ConfigError(RlmError):
    """A setting that cannot be used: names the setting, where it came from and the nearest right one."""


class WorkspaceError(RlmError):
    """A root that cannot be opened, or a path that is not part of the workspace."""


class QueryError(RlmError):
    """A question to the context that cannot be answered as asked (bad regex, unknown path or name)."""


class ParseLimitError(QueryError):
    """A text that is too large or too broken to be parsed within bounds."""


class SandboxError(RlmError):
    """The sandbox could not be started, or isolation could not be established on this machine."""
