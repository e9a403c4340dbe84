"""A session as a whole, for people who look into it: what was decided, by whom, how long it took, what it cost."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.chat import Chat
from shared.database import Connection, Database, dishes, learner_states, runs, sessions, stage_runs, users
from shared.database.stage_runs import StageRun

OUTPUTS_SHOWN = ("transcribe", "analyze", "retrieve", "coach", "narrate", "speak", "render")
"""Stages whose whole output belongs in the record; that of `prepare` holds a value per second and is summed up."""


def session_record(database: Database, chat: Chat, session_id: UUID) -> dict[str, Any]:
    """Everything stored about a session, as plain JSON values."""
    with database.transaction() as connection:
        row = sessions.record(connection, session_id)
        user = users.get(connection, row["user_id"])
        dish = dishes.get(connection, row["dish_id"])
        of_session = runs.of_session(connection, session_id)
        state = learner_states.get(connection, user.id)
        stages = [
            _stage(connection, stage_run) for run in of_session for stage_run in stage_runs.of_run(connection, run.id)
        ]
    messages = [
        {"room": room, **message.model_dump(mode="json", exclude_none=True)}
        for room in ("coaching", "cooking_videos")
        for message in reversed(chat.messages(user.firebase_uid, room, limit=100))
        if message.session_id == session_id
    ]
    return {
        "session": {name: _plain(value) for name, value in row.items()},
        "dish": dish.model_dump(mode="json"),
        "cook": user.first_name,
        "runs": [run.model_dump(mode="json") for run in of_session],
        "stages": stages,
        "cost": _total_cost(stages),
        "messages": messages,
        "learner_state": state.model_dump(mode="json"),
    }


def _stage(connection: Connection, stage_run: StageRun) -> dict[str, Any]:
    finished = stage_run.finished_at or datetime.now(UTC)
    shown = stage_run.model_dump(mode="json", exclude={"lease_expires_at", "answer"}, exclude_none=True)
    shown["wall_s"] = round((finished - stage_run.started_at).total_seconds(), 3)
    if stage_run.status == "succeeded" and stage_run.stage in OUTPUTS_SHOWN:
        shown["output"] = stage_runs.output_of(connection, stage_run.id)
    return shown


def _total_cost(stages: list[dict[str, Any]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for stage in stages:
        for unit, amount in stage.get("cost", {}).items():
            total[unit] = round(total.get(unit, 0.0) + amount, 3)
    return total


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value
