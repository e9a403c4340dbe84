"""How uploads are named: the name alone says whose they are and what they are for.

users/{user id}/sessions/{session id}/video/{upload id}.{extension}
users/{user id}/sessions/{session id}/memo/{upload id}.{extension}
"""

import re
from typing import Literal
from uuid import UUID, uuid4

from shared.models.base import Model

VIDEO_TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "3gp": "video/3gpp",
}
"""Extension → content type of what a cook may upload as a video."""
MEMO_TYPES = {"m4a": "audio/mp4", "webm": "audio/webm", "wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg"}
"""Extension → content type of what a cook may upload as a voice memo."""

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(
    rf"users/(?P<user_id>{_UUID})/sessions/(?P<session_id>{_UUID})/(?P<kind>video|memo)/{_UUID}\.[a-z0-9]{{2,4}}"
)

Kind = Literal["video", "memo"]


class UploadName(Model):
    """An upload's name taken apart."""

    user_id: UUID
    session_id: UUID
    kind: Kind


def upload_name(user_id: UUID, session_id: UUID, kind: Kind, extension: str) -> str:
    """A fresh name for one upload.

    Raises:
        ValueError: this extension is not accepted for this kind.
    """
    accepted = VIDEO_TYPES if kind == "video" else MEMO_TYPES
    if extension not in accepted:
        raise ValueError(f"a {kind} is expected to be one of {', '.join(accepted)}. Found: {extension!r}")
    return f"users/{user_id}/sessions/{session_id}/{kind}/{uuid4()}.{extension}"


def parse_upload_name(object_name: str) -> UploadName | None:
    """Whose upload this is, or None for a name that is not one of ours."""
    match = _NAME.fullmatch(object_name)
    return None if match is None else UploadName.model_validate(match.groupdict())
