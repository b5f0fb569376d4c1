"""The recursive loop: turns, sub-calls, limits, events, answer and trace."""

from rlm_core.engine.answer import Answer, Citation, ModelUsage, RunUsage
from rlm_core.engine.question import ask, new_run_id
from rlm_core.engine.repl import Repl

__all__ = ["Answer", "Citation", "ModelUsage", "Repl", "RunUsage", "ask", "new_run_id"]
