"""Stage `transcribe`: the cook's memo as text, and what it says. A memo can enrich a lesson but never fails a run."""

from typing import Literal

from functions.transcribe.rules import transcribe_typed
from shared.database import Connection, sessions
from shared.models.analysis import Transcript
from shared.stage import StageRequest, StageResult, StageRun, stage


class TranscribeRequest(StageRequest):
    """What ops may turn."""

    engine: Literal["rules"] = "rules"
    """Who listens. `rules` has no ears: it reads typed memos and keeps spoken ones for later."""


@stage(
    "transcribe",
    request=TranscribeRequest,
    output=Transcript,
    session_inputs=("typed_memo", "voice_memo_path"),
)
def transcribe(run: StageRun, request: TranscribeRequest) -> StageResult[Transcript]:  # noqa: ARG001  # one engine so far
    """Read the memo and keep what it says with the session."""
    transcript = transcribe_typed(run.session)

    def save(connection: Connection) -> None:
        sessions.save(
            connection,
            run.session.id,
            voice_transcript=transcript.text,
            structured_input=transcript.structured_input.model_dump(mode="json"),
        )

    return StageResult(transcript, effect=save, model=transcript.engine)
