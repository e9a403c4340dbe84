"""Deterministic gates: what is judged of every text, whoever wrote it, before a cook sees it.

Public: `check_coaching`, `check_narration`, `check_answer`, the facts they judge by, and what may be repeated of a
cook's own words (`shared.gates.untrusted`).
"""

from shared.gates.acceptance import accepted
from shared.gates.checks import check_answer, check_coaching, check_narration
from shared.gates.facts import GateFailure, GateRejection, LessonFacts

__all__ = [
    "GateFailure",
    "GateRejection",
    "LessonFacts",
    "accepted",
    "check_answer",
    "check_coaching",
    "check_narration",
]
