"""`moment eval` asks a model where a Gemini key is set, says so where not, and shows figures beside those accepted."""

import io
import subprocess
import sys
from datetime import date

import pytest
import typer
from rich.console import Console

from functions.coach.rules import write_text
from local.command.rubric import _model_id, judged, show_figures
from tests.evals.fake_gemini import KEY, FakeGemini, answer, scores
from tests.evals.judge import KEY_VARIABLES
from tests.evals.lessons import read_cases
from tests.evals.rubric import CRITERIA, Figure, RubricFigures

ASK_WITHOUT_A_KEY = """
import sys
from local.command.rubric import judged
from local.command.terminal import open_console
print(judged(open_console(), [], model=None), [name for name in ("google.genai", "httpx2") if name in sys.modules])
"""


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=200)


def said_on(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def figures(mean: float, *, model: str = "gemini-x", encouraging: float | None = None) -> RubricFigures:
    means = dict.fromkeys(CRITERIA, mean) | ({} if encouraging is None else {"encouraging": encouraging})
    return RubricFigures(
        model=model,
        prompt_version="abc",
        date=date(2026, 4, 1),
        cases=68,
        scored=67,
        criteria={criterion: Figure(mean=value, good=0.75) for criterion, value in means.items()},
    )


def test_without_a_key_nothing_is_sent_and_one_line_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in KEY_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    told = subprocess.run([sys.executable, "-c", ASK_WITHOUT_A_KEY], capture_output=True, text=True, check=True)
    assert told.stdout == "rubric: not asked: neither GOOGLE_API_KEY nor GEMINI_API_KEY is set\nNone []\n"
    assert told.stderr == ""


def test_with_a_key_every_lesson_of_the_golden_set_is_scored_and_the_key_stays_unsaid(
    monkeypatch: pytest.MonkeyPatch, screen: Console, capfd: pytest.CaptureFixture[str]
) -> None:
    fake = FakeGemini(answer(scores(4)))
    texts = [write_text(case.lesson(), 0, []) for case in read_cases()]
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    with fake.serving() as url:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
        report = judged(screen, texts, model="gemini-of-my-choice")
    assert report is not None
    assert report.unscored == []
    assert report.figures.scored == len(fake.asked) == len(texts)
    assert {asked.model for asked in fake.asked} == {"gemini-of-my-choice"}
    show_figures(screen, report.figures, None)
    assert f"{len(texts)} of {len(texts)} lessons scored by gemini-of-my-choice" in said_on(screen)
    assert KEY not in said_on(screen) + "".join(capfd.readouterr())


def test_no_rubric_leaves_it_out_where_a_key_is_set(monkeypatch: pytest.MonkeyPatch, screen: Console) -> None:
    fake = FakeGemini(answer(scores(4)))
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    with fake.serving() as url:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
        assert judged(screen, [], model=None, wanted=False) is None
    assert fake.asked == []
    assert said_on(screen) == "rubric: not asked, by --no-rubric\n"


def test_figures_stand_beside_those_accepted(screen: Console) -> None:
    show_figures(screen, figures(4.25, encouraging=3.5), figures(4.0))
    lines = said_on(screen).splitlines()
    assert lines[0].strip() == "rubric: 67 of 68 lessons scored by gemini-x, prompt abc"
    [encouraging] = [line for line in lines if "encouraging" in line]
    assert [cell for cell in encouraging.split() if cell[0].isdigit()] == ["3.50", "4.00", "75%", "75%"]


def test_figures_of_another_model_are_not_compared_and_it_is_said(screen: Console) -> None:
    show_figures(screen, figures(3.0), figures(4.0, model="gemini-y"))
    assert "not compared. Accepted on 2026-04-01 by gemini-y, prompt abc" in said_on(screen)
    assert "4.00" not in said_on(screen)


@pytest.mark.parametrize("value", ["", "../x", "a?b", "[red]", "-x"])
def test_what_is_no_model_id_is_refused(value: str) -> None:
    with pytest.raises(typer.BadParameter, match="expected the id of a Gemini model"):
        _model_id(value)
