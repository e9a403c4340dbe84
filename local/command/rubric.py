"""The part of `moment eval` that asks a model: what the rubric says of the lessons, beside the offline figures.

Only where a Gemini key is in the environment; everywhere else it costs nothing and says why it was left out.
"""

import os
import re
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.command.terminal import new_table

if TYPE_CHECKING:
    from shared.models.coaching import CoachingText
    from tests.evals.rubric import RubricFigures, RubricReport

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _model_id(value: str | None) -> str | None:
    if value is not None and not _MODEL.fullmatch(value):
        raise typer.BadParameter(f"expected the id of a Gemini model, as in gemini-3.8-flash. Found: {value!r}")
    return value


NoRubricOption = Annotated[bool, typer.Option("--no-rubric", help="Ask no model, even where a Gemini key is set.")]
RubricModelOption = Annotated[
    str | None,
    typer.Option(
        "--rubric-model",
        metavar="ID",
        envvar="MOMENT_EVAL_MODEL",
        callback=_model_id,
        help="The Gemini model that scores the lessons by the rubric, where GEMINI_API_KEY or GOOGLE_API_KEY is set.",
    ),
]


def judged(
    console: Console, texts: "list[CoachingText]", *, model: str | None, wanted: bool = True
) -> "RubricReport | None":
    """Have a model score the lessons of the golden set; None, said in one line, where it is not asked."""
    from tests.evals import judge
    from tests.evals.lessons import read_cases

    if not wanted:
        console.print("rubric: not asked, by --no-rubric", style="dim")
        return None
    try:
        key = judge.key_in(os.environ)
    except judge.UnusableKey as reason:
        console.print(f"rubric: not asked: {reason}", style="dim", highlight=False)
        return None
    asked = model or judge.DEFAULT_MODEL
    with judge.Judge(key, asked) as judging, console.status(f"asking {asked}") as status:
        return judge.judge_lessons(
            judging,
            read_cases(),
            texts,
            on_progress=lambda done: status.update(f"asking {asked}: {done} of {len(texts)} lessons"),
        )


def show_figures(console: Console, now: "RubricFigures", accepted: "RubricFigures | None") -> None:
    """The figures beside those accepted last, if these can be compared."""
    console.print(
        f"rubric: {now.scored} of {now.cases} lessons scored by {now.model}, prompt {now.prompt_version}",
        style=None if now.complete else "yellow",
        highlight=False,
        markup=False,
    )
    if accepted is not None and not now.comparable_with(accepted):
        console.print(
            f"rubric: not compared. Accepted on {accepted.date} by {accepted.model}, prompt {accepted.prompt_version}",
            style="dim",
            highlight=False,
            markup=False,
        )
        accepted = None
    if now.criteria:
        console.print(_table(console, now, accepted))


def _table(console: Console, now: "RubricFigures", accepted: "RubricFigures | None") -> Table:
    from tests.evals.rubric import GOOD

    table = new_table(console, "criterion", "mean", "accepted", f"≥ {GOOD}", "accepted", title="Rubric, 1 to 5")
    fallen = now.fallen_from(accepted)
    for criterion, figure in now.criteria.items():
        before = None if accepted is None else accepted.criteria.get(criterion)
        table.add_row(
            criterion.replace("_", " "),
            f"{figure.mean:.2f}",
            "" if before is None else f"{before.mean:.2f}",
            f"{figure.good:.0%}",
            "" if before is None else f"{before.good:.0%}",
            style="red" if criterion in fallen else None,
        )
    return table
