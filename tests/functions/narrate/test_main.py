"""The stage `narrate` through its wrapper, against the real database."""

from importlib import import_module
from uuid import UUID

import pytest

from shared.database import Database, sessions
from shared.errors import Permanent
from shared.models.analysis import RetrievedContext
from shared.models.coaching import NarrationScript
from shared.models.session import Session, SessionStatus
from shared.stage import definition
from shared.texts import texts
from shared.wiring import Services
from tests.shared.builders import add_uploaded_session, store_output
from tests.shared.lesson.builders import make_analysis

for stage in ("coach", "narrate"):
    import_module(f"functions.{stage}.main")  # declares the stage


@pytest.fixture
def run(database: Database) -> tuple[UUID, Session]:
    """A run that is analysed."""
    run_id, session = add_uploaded_session(database)
    with database.transaction() as connection:
        sessions.move(connection, session, SessionStatus.PROCESSING)
    store_output(database, run_id, "analyze", make_analysis("rice_clumped"))
    store_output(
        database, run_id, "retrieve", RetrievedContext(query="", principles=[], fallback=True, past_sessions=[])
    )
    return run_id, session


def ask(services: Services, stage: str, run: tuple[UUID, Session]) -> None:
    definition(stage).execute({"run_id": str(run[0]), "session_id": str(run[1].id)}, services)


def test_the_script_is_kept_with_the_session(services: Services, database: Database, run: tuple[UUID, Session]) -> None:
    ask(services, "coach", run)
    ask(services, "narrate", run)
    with database.transaction() as connection:
        script = NarrationScript.model_validate(sessions.record(connection, run[1].id)["narration_script"])
    assert script.part1.startswith("花子さん、")
    assert script.pivot == texts().pivot == "動画を使ってそのポイントを見てみましょう"
    assert script.part2.endswith("。")
    assert not script.gates.template


def test_there_is_no_narration_before_the_text(services: Services, run: tuple[UUID, Session]) -> None:
    with pytest.raises(Permanent, match="narrate reads coach"):
        ask(services, "narrate", run)
