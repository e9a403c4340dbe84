"""All evaluations in one run, and what was accepted last."""

import json
import time

from knowledge_base.evaluation import Recall
from tests.evals.gates import evaluate_gates
from tests.evals.language import measure_language
from tests.evals.lessons import evaluate_lessons
from tests.evals.metrics import ACCEPTED, EvalReport, Metric
from tests.evals.questions import evaluate_questions
from tests.evals.robustness import evaluate_robustness

RECALL_BOUND = 0.90


def run_evals(retrieval: list[Recall] | None = None) -> EvalReport:
    """Everything that can be judged without a network.

    Args:
        retrieval: what `knowledge_base.evaluation.evaluate_retrieval` measured; it needs a database, so whoever has one
            brings it. Without it those figures are missing, and said to be if they were accepted before.
    """
    started = time.monotonic()
    gate_metrics, gate_findings = evaluate_gates()
    lesson_metrics, lesson_findings, texts = evaluate_lessons()
    robustness_metrics, robustness_findings = evaluate_robustness()
    question_metrics, question_findings = evaluate_questions()
    metrics = [*gate_metrics, *lesson_metrics, *measure_language(texts), *robustness_metrics, *question_metrics]
    return EvalReport(
        metrics=metrics + [_recall_metric(result) for result in retrieval or []],
        findings=[*gate_findings, *lesson_findings, *robustness_findings, *question_findings],
        seconds=time.monotonic() - started,
        texts=texts,
    )


def read_accepted() -> dict[str, float]:
    """The accepted figures by key; empty before anything was accepted."""
    if not ACCEPTED.is_file():
        return {}
    accepted: dict[str, float] = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    return accepted


def accept(report: EvalReport) -> None:
    """Keep the figures of a report as those later runs are compared with."""
    figures = {metric.key: round(metric.value, 3) for metric in report.metrics}
    ACCEPTED.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _recall_metric(result: Recall) -> Metric:
    fused = result.method in ("fused", "fused with dish")
    return Metric(
        section="retrieval",
        name=f"recall@3, {result.method}, {result.split}",
        value=result.recall,
        bound=RECALL_BOUND if fused else None,
        slack=0.01,
    )
