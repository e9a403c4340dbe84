"""Stage `retrieve`: the principles that speak of the diagnosed problem, and the sessions to look back on."""

from typing import Literal

from pydantic import Field

from functions.retrieve.past import past_sessions
from knowledge_base.catalogue import load_catalogue
from knowledge_base.search import NothingIngested, Query, search, taught_by_the_dish
from shared.embeddings import HASHED_NGRAMS, embedder_named
from shared.errors import Permanent
from shared.models.analysis import RetrievedContext, VideoAnalysis
from shared.models.session import FailureCode
from shared.stage import StageRequest, StageResult, StageRun, stage


class RetrieveRequest(StageRequest):
    """How much is looked up, and with what."""

    top_k: int = Field(default=3, ge=1, le=10)
    """Most principles to find."""
    similarity_floor: float = Field(default=0.15, ge=-1, le=1)
    """Cosine similarity below which a principle is not about the problem; depends on the model. With the embedded one,
    sentences about other things than cooking stay below, and hardly a diagnosis does."""
    past_sessions: int = Field(default=5, ge=0, le=20)
    """Most earlier sessions to look back on."""
    embedding_model: Literal["hashed-ngrams-1"] = HASHED_NGRAMS
    """The model the principles were ingested with."""


@stage("retrieve", request=RetrieveRequest, output=RetrievedContext, reads=("analyze",))
def retrieve(run: StageRun, request: RetrieveRequest) -> StageResult[RetrievedContext]:
    """Search with the diagnosis; a well cooked dish, or a diagnosis nothing fits, gets the dish's own principles."""
    analysis = run.output("analyze", VideoAnalysis)
    embedder = embedder_named(request.embedding_model)
    query = Query(
        problem=analysis.diagnosis,
        dish=run.dish.slug,
        taught=run.dish.principles,
        behind=_principle_behind(analysis.mistake_code),
    )
    try:
        with run.services.database.transaction() as connection:
            found = search(connection, embedder, query, top_k=request.top_k, floor=request.similarity_floor)
            principles = found or taught_by_the_dish(connection, embedder, query, top_k=request.top_k)
    except NothingIngested as error:
        raise Permanent(FailureCode.INTERNAL, str(error)) from error
    context = RetrievedContext(
        query=query.text,
        principles=principles,
        fallback=not found,
        past_sessions=past_sessions(run.learner_state(), run.dish.slug, request.past_sessions, now=run.session.id),
    )
    return StageResult(
        context,
        answer={"principles": len(principles), "fallback": context.fallback},
        cost={"embedded_characters": len(query.text)},
        model=request.embedding_model,
    )


def _principle_behind(mistake_code: str | None) -> str | None:
    return None if mistake_code is None else load_catalogue().mistakes[mistake_code].principle
