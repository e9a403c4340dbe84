"""Kills a worker at chosen instructions and calls it again: `python -m tests.shared.killed_worker URL DIR N …`.

For each N a fresh run is made; a forked child executes the stage and gets SIGKILL at its N-th call of a function; more
children then execute it until one succeeds, as a workflow's retries do. What is left behind is printed as one JSON
line per N. N = 0 kills nobody and tells how many calls there are.
"""

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

from shared.database import Connection, Database, sessions
from shared.errors import Transient
from shared.models.base import Model
from shared.models.chat import Message, MessageMetadata
from shared.models.session import Session, SessionStatus
from shared.stage import Stage, StageRequest, StageResult, StageRun
from tests.shared.builders import add_uploaded_session, services_on

LEASE_S = 0.2
ATTEMPTS = 10


class Written(Model):
    """An output."""

    text: str


def main(url: str, directory: Path, kill_points: list[int]) -> None:
    """Try every kill point."""
    for number, kill_point in enumerate(kill_points):
        database = Database(url, connections=1)
        with database.transaction() as connection:
            connection.execute("truncate moment.users, live.messages, live.sessions cascade")
        run_id, session = add_uploaded_session(database)
        database.close()
        paid = directory / f"paid-{number}"
        paid.write_text("")
        calls = _attempt(url, run_id, session, paid, kill_point)
        for _ in range(ATTEMPTS):
            if _attempt(url, run_id, session, paid, 0) >= 0:
                break
            time.sleep(LEASE_S)
        sys.stdout.write(json.dumps({"calls": calls, **_left_behind(url, run_id, session, paid)}) + "\n")
        sys.stdout.flush()


def _attempt(url: str, run_id: UUID, session: Session, paid: Path, kill_point: int) -> int:
    """Execute the stage in a child; the number of calls it made, or -1 when it did not succeed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            os.write(writing, str(_execute(url, run_id, session, paid, kill_point)).encode())
            code = 0
        except Transient as error:
            sys.stderr.write(f"{error}\n")
        except BaseException:  # noqa: BLE001  # a forked child must not run on into pytest
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return int(told) if told else -1


def _execute(url: str, run_id: UUID, session: Session, paid: Path, kill_point: int) -> int:
    services = services_on(url, lease_s=LEASE_S)
    stage = Stage(
        name="coach",
        request=StageRequest,
        output=Written,
        reads=(),
        session_inputs=(),
        starts_processing=True,
        work=lambda run, _request: _write(run, paid),
    )
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:  # noqa: ANN401  # the interpreter's protocol
        nonlocal calls
        if event in ("call", "c_call"):
            calls += 1
            if calls == kill_point:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    stage.execute({"run_id": str(run_id), "session_id": str(session.id)}, services)
    sys.setprofile(None)
    return calls


def _write(run: StageRun, paid: Path) -> StageResult[Written]:
    """A stage that pays, posts and moves the session on, as `coach` and `deliver` do."""
    with paid.open("a") as file:
        file.write("paid\n")
    metadata = MessageMetadata(type="coaching_ready")
    message = Message(id=f"{run.id}-text", sender="ai", text="…", session_id=run.session.id, metadata=metadata)
    run.services.chat.create_message(run.user.firebase_uid, "coaching", message)

    def effect(connection: Connection) -> None:
        sessions.save(connection, run.session.id, coaching_text={"praise": "…"})
        connection.execute("update moment.learner_states set skills_acquired = skills_acquired || '{counted}'::text[]")
        sessions.move(connection, sessions.lock(connection, run.session.id), SessionStatus.TEXT_READY)

    return StageResult(Written(text="…"), effect=effect)


def _left_behind(url: str, run_id: UUID, session: Session, paid: Path) -> dict[str, Any]:
    database = Database(url, connections=1)
    with database.transaction() as connection:
        status = sessions.get(connection, session.id).status.value
        messages = connection.execute("select count(*) as count from live.messages").fetchall()[0]["count"]
        counted = connection.execute("select skills_acquired from moment.learner_states").fetchall()[0]
        rows = connection.execute("select status from moment.stage_runs where run_id = %s", [run_id]).fetchall()
    database.close()
    return {
        "status": status,
        "messages": messages,
        "counted": len(counted["skills_acquired"]),
        "stage_runs": [row["status"] for row in rows],
        "paid": len(paid.read_text().splitlines()),
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [int(point) for point in sys.argv[3:]])
