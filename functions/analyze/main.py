"""Stage `analyze`: what went wrong, where it shows, and what went well. This half works by rules, without a network."""

from typing import Literal

from pydantic import Field

from functions.analyze.analysis import analyze_film
from functions.analyze.memo import Memo
from functions.analyze.rules import Case
from functions.analyze.signs.curves import Film
from functions.analyze.signs.find import find_signs
from knowledge_base.catalogue import load_catalogue
from shared.database import Connection, sessions
from shared.models.analysis import Transcript, VideoAnalysis
from shared.models.media import Preparation
from shared.stage import StageRequest, StageResult, StageRun, stage


class AnalyzeRequest(StageRequest):
    """What ops may turn."""

    engine: Literal["rules"] = "rules"
    hedge_below: float = Field(default=0.35, ge=0, le=1)
    """A choice with less confidence than this is worded as a guess."""


@stage(
    "analyze",
    request=AnalyzeRequest,
    output=VideoAnalysis,
    reads=("prepare", "transcribe"),
    session_inputs=("typed_memo", "self_ratings"),
)
def analyze(run: StageRun, request: AnalyzeRequest) -> StageResult[VideoAnalysis]:
    """Weigh everything that is known about this film. The transcript is used where it is there already."""
    preparation = run.output("prepare", Preparation)
    transcript = run.optional_output("transcribe", Transcript)
    catalogue = load_catalogue()
    film = Film(preparation.signals)
    memo = run.session.typed_memo or (transcript.text if transcript is not None else "")
    case = Case(
        dish=catalogue.dishes[run.dish.slug],
        evidence=find_signs(film),
        ratings=run.session.self_ratings,
        memo=Memo(memo),
        learner=run.learner_state(),
        session_number=run.session.session_number,
    )
    analysis = analyze_film(
        film,
        case,
        catalogue.mistakes_for(run.dish.slug),
        duration_s=preparation.media.duration_s,
        dish_name=run.dish_name,
        hedge_below=request.hedge_below,
        variety=str(run.id),
    )

    def save(connection: Connection) -> None:
        sessions.save(connection, run.session.id, video_analysis=analysis.model_dump(mode="json"))

    return StageResult(analysis, answer={"outcome": analysis.outcome.value}, effect=save, model="rules")
