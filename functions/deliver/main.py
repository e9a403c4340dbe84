"""Bringing it to the cook: the lesson's text, the coaching video, or a note that there is none.

Every id is made from the run, so a retry posts nothing twice. A delivered text is never withdrawn: whatever fails after
it leaves the session at `text_ready`.
"""

from typing import Literal

from functions.deliver.delivery import deliver_failure, deliver_text, deliver_video
from shared.models.base import Model
from shared.models.session import FailureCode
from shared.stage import StageRequest, StageResult, StageRun, stage


class DeliverRequest(StageRequest):
    """What to deliver."""

    kind: Literal["text", "video", "failure"]
    failure_code: FailureCode = FailureCode.INTERNAL
    """Why there is no lesson, for `failure`."""
    failure_detail: str = ""
    """English, for engineers; stored with the run, never shown."""
    notify: bool = True
    """Whether the cook is told outside the chat."""
    last: bool = False
    """Whether the run ends with this text, because no video is wanted."""


class Delivery(Model):
    """What was delivered."""

    kind: Literal["text", "video", "failure"]
    message_ids: list[str]
    """Messages that are now in the chat, whoever posted them first."""


@stage("deliver", request=DeliverRequest, output=Delivery, reads=("analyze", "coach", "narrate", "render"))
def deliver(run: StageRun, request: DeliverRequest) -> StageResult[Delivery]:
    """Deliver the text, the video or the failure note of a run."""
    match request.kind:
        case "text":
            message_ids, effect = deliver_text(run, notify=request.notify, last=request.last)
        case "video":
            message_ids, effect = deliver_video(run, notify=request.notify)
        case "failure":
            message_ids, effect = deliver_failure(
                run, request.failure_code, request.failure_detail, notify=request.notify
            )
    return StageResult(Delivery(kind=request.kind, message_ids=message_ids), effect=effect)
