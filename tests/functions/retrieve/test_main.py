"""The stage on the real Postgres with the whole corpus."""

from typing import Any
from uuid import UUID

import pytest

import functions.retrieve.main  # noqa: F401  # declares the stage
from knowledge_base.catalogue import load_catalogue
from knowledge_base.ingest import ingest
from shared.database import Connection, Database, learner_states, stage_runs
from shared.embeddings import HASHED_NGRAMS, embedder_named
from shared.errors import Permanent
from shared.models.analysis import Outcome, PastSession, RetrievedContext, VideoAnalysis
from shared.models.learner import LearnerState
from shared.models.session import FailureCode, Session
from shared.stage import definition
from shared.wiring import Services
from tests.shared.builders import add_uploaded_session, store_output

DIAGNOSIS = "ご飯のかたまりがほぐれないまま、へらで押しつぶしていました。"


def analysis(diagnosis: str = DIAGNOSIS, mistake_code: str | None = "rice_clumped") -> VideoAnalysis:
    return VideoAnalysis(
        outcome=Outcome.COACHABLE if mistake_code else Outcome.NO_ISSUE,
        mistake_code=mistake_code,
        key_moment_s=12,
        diagnosis=diagnosis,
        praise="音を絶やさずに炒められています。",
        severity=3 if mistake_code else None,
        confidence=0.8,
        has_sound=True,
        engine="rules",
    )


@pytest.fixture
def uploaded(database: Database) -> tuple[UUID, Session]:
    """A session of fried rice in its first run."""
    return add_uploaded_session(database)


@pytest.fixture
def ingested(database: Database, uploaded: tuple[UUID, Session]) -> None:  # noqa: ARG001  # rows the ingest must not mind
    with database.transaction() as connection:
        ingest(connection, embedder_named(HASHED_NGRAMS))


def retrieved(services: Services, uploaded: tuple[UUID, Session], **knobs: Any) -> RetrievedContext:  # noqa: ANN401
    """The stored output of the stage, asked with these knobs."""
    body = {"run_id": str(uploaded[0]), "session_id": str(uploaded[1].id), **knobs}
    definition("retrieve").execute(body, services)
    with services.database.transaction() as connection:
        found = stage_runs.latest_success(connection, uploaded[0], "retrieve")
        assert found is not None
        return RetrievedContext.model_validate(stage_runs.output_of(connection, found.id))


@pytest.mark.usefixtures("ingested")
def test_the_diagnosis_brings_the_principle_behind_it(
    database: Database, services: Services, uploaded: tuple[UUID, Session]
) -> None:
    store_output(database, uploaded[0], "analyze", analysis())
    context = retrieved(services, uploaded)
    assert context.principles[0].slug == "separate-the-grains"
    assert (len(context.principles), context.fallback) == (3, False)


@pytest.mark.usefixtures("ingested")
def test_the_query_is_the_diagnosis_and_the_dish_s_principles(
    database: Database, services: Services, uploaded: tuple[UUID, Session]
) -> None:
    store_output(database, uploaded[0], "analyze", analysis())
    principles = load_catalogue().dishes["fried-rice"].principles
    assert retrieved(services, uploaded).query == f"{DIAGNOSIS} {', '.join(principles)}"


@pytest.mark.usefixtures("ingested")
def test_a_well_cooked_dish_gets_the_dish_s_own_principles(
    database: Database, services: Services, uploaded: tuple[UUID, Session]
) -> None:
    store_output(database, uploaded[0], "analyze", analysis(diagnosis="", mistake_code=None))
    context = retrieved(services, uploaded, top_k=2)
    assert context.fallback
    assert [found.slug for found in context.principles] == load_catalogue().dishes["fried-rice"].principles[:2]


@pytest.mark.usefixtures("ingested")
def test_a_diagnosis_nothing_fits_falls_back_to_the_principle_behind_the_mistake(
    database: Database, services: Services, uploaded: tuple[UUID, Session]
) -> None:
    store_output(database, uploaded[0], "analyze", analysis(diagnosis="株価が大きく下がりました。"))
    context = retrieved(services, uploaded)
    assert [found.slug for found in context.principles] == ["separate-the-grains"]
    assert not context.fallback


@pytest.mark.usefixtures("ingested")
def test_the_floor_is_a_knob(database: Database, services: Services, uploaded: tuple[UUID, Session]) -> None:
    store_output(database, uploaded[0], "analyze", analysis())
    assert len(retrieved(services, uploaded, similarity_floor=0.99).principles) == 1


@pytest.mark.usefixtures("ingested")
def test_past_sessions_come_along(database: Database, services: Services, uploaded: tuple[UUID, Session]) -> None:
    past = PastSession(
        session_id=UUID(int=1), dish="pomodoro", session_number=1, key_issue="no_issue", key_progress="よい香りです。"
    )

    def remember(connection: Connection) -> None:
        learner_states.lock(connection, uploaded[1].user_id)
        learner_states.save(connection, uploaded[1].user_id, LearnerState(session_summaries=[past]))

    with database.transaction() as connection:
        remember(connection)
    store_output(database, uploaded[0], "analyze", analysis())
    assert retrieved(services, uploaded).past_sessions == [past]


def test_without_an_ingested_corpus_the_run_fails_with_what_to_do(
    database: Database, services: Services, uploaded: tuple[UUID, Session]
) -> None:
    store_output(database, uploaded[0], "analyze", analysis())
    with pytest.raises(Permanent, match="run `moment knowledge ingest`") as failure:
        retrieved(services, uploaded)
    assert failure.value.code is FailureCode.INTERNAL
