"""The recursive loop: turns, sub-calls, limits, events, answer and trace."""

from rlm_core.engine.answer import Answer, Citation, ModelUsage, RunUsage
from rlm_core.engine.question import ask

__all__ = ["Answer", "Citation", "ModelUsage", "RunUsage", "ask"]
