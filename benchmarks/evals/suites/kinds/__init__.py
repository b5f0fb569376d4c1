"""Kinds of questions: a module for each family, and all of them in the order of their levels."""

from __future__ import annotations

from benchmarks.evals.suites.kinds import diff, hierarchy, lookups, mentions, relations, trace

KINDS = tuple(
    sorted(
        (*lookups.KINDS, *relations.KINDS, *hierarchy.KINDS, *mentions.KINDS, *trace.KINDS, *diff.KINDS),
        key=lambda kind: kind.level,
    )
)
