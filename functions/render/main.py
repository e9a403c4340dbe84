"""Stage `render` as a Cloud Run job: fetches upload and voice, makes the video, verifies it, stores it.

Asked through the environment variable REQUEST (`shared/job.py`), like `{"run_id": …, "session_id": …, "outro_s": 12}`.
"""

import math
import sys
import tempfile
from pathlib import Path, PurePosixPath
from statistics import median

from functions.render.compose import compose
from functions.render.order import RenderedVideo, RenderFailed, RenderOptions, RenderOrder, VoicedSentence
from shared.errors import Permanent
from shared.job import run_job
from shared.models.analysis import VideoAnalysis
from shared.models.coaching import Coaching
from shared.models.media import Preparation, Signals
from shared.models.session import FailureCode
from shared.models.video import CoachingVideo, Speech
from shared.stage import StageRequest, StageResult, StageRun, stage
from shared.storage import ObjectNotFound

FETCHED, MADE = 0.05, 0.95
"""Share of the stage that is done when everything is here, and when the video is made."""
DIM_LUMINANCE, WISHED_LUMINANCE = 0.13, 0.20
"""Footage whose usual luma is below the first is brightened to about the second."""
MOST_GAMMA = 2.0
"""More would show nothing but noise."""


class RenderRequest(RenderOptions, StageRequest):
    """What ops may turn: every field of `RenderOptions`."""


@stage(
    "render",
    request=RenderRequest,
    output=CoachingVideo,
    reads=("prepare", "analyze", "coach", "narrate", "speak"),
    session_inputs=("raw_video_path", "custom_dish_name"),
)
def render(run: StageRun, request: RenderRequest) -> StageResult[CoachingVideo]:
    """Make the coaching video of this run."""
    with tempfile.TemporaryDirectory(prefix="render-") as name:
        directory = Path(name)
        order = _order(run, request, directory)
        run.progress(FETCHED)
        workspace = directory / "work"
        workspace.mkdir()
        try:
            video = compose(order, workspace, lambda share: run.progress(FETCHED + (MADE - FETCHED) * share))
        except RenderFailed as error:
            raise Permanent(FailureCode.RENDER_FAILED, str(error)) from error
        for warning in video.warnings:
            run.log.warning("video differs from the plan", detail=warning)
        stored = _store(run, video)
    return StageResult(
        stored,
        answer={"duration_s": stored.duration_s},
        cost={"rendered_s": stored.duration_s, "video_bytes": stored.size_bytes},
    )


def _order(run: StageRun, request: RenderRequest, directory: Path) -> RenderOrder:
    """Everything the video is made of, fetched into `directory`."""
    preparation = run.output("prepare", Preparation)
    text = run.output("coach", Coaching).text
    speech = run.output("speak", Speech)
    return RenderOrder(
        source=_fetch_upload(run, directory),
        media=preparation.media,
        key_moment_s=run.output("analyze", VideoAnalysis).key_moment_s,
        gamma=_gamma(preparation.signals),
        sentences=_fetch_voice(run, speech, directory),
        pause_s=speech.pause_s,
        dish_name=run.dish_name,
        session_number=run.session.session_number,
        next_action=text.next_action,
        success_sign=text.success_sign,
        options=RenderOptions(**request.model_dump(include=set(RenderOptions.model_fields))),
    )


def _fetch_upload(run: StageRun, directory: Path) -> Path:
    path = run.session.raw_video_path
    if path is None:
        raise Permanent(FailureCode.INTERNAL, f"session {run.session.id} has no upload to render")
    upload = directory / f"upload{PurePosixPath(path).suffix}"
    try:
        run.services.storage.download_upload(path, upload)
    except ObjectNotFound as error:
        raise Permanent(FailureCode.RENDER_FAILED, f"expected the upload of run {run.id}. Found: {error}") from error
    return upload


def _fetch_voice(run: StageRun, speech: Speech, directory: Path) -> list[VoicedSentence]:
    sentences = []
    for number, sentence in enumerate(speech.sentences):
        wav = directory / f"voice-{number:02d}.wav"
        try:
            run.services.storage.download_media(sentence.path, wav)
        except ObjectNotFound as error:
            raise Permanent(FailureCode.RENDER_FAILED, f"expected the voice of run {run.id}. Found: {error}") from error
        sentences.append(
            VoicedSentence(part=sentence.part, text=sentence.text, wav=wav, duration_s=sentence.duration_s)
        )
    return sentences


def _gamma(signals: Signals) -> float:
    """How much dim footage is brightened: the exponent that brings its usual luma to `WISHED_LUMINANCE`."""
    usual = median(signals.luminance) if signals.luminance else 1.0
    if usual >= DIM_LUMINANCE:
        return 1.0
    return min(MOST_GAMMA, math.log(max(usual, 0.01)) / math.log(WISHED_LUMINANCE))


def _store(run: StageRun, video: RenderedVideo) -> CoachingVideo:
    """Put the files into the media bucket under the names of this run."""
    paths = {name: run.media_path(name) for name in ("coaching_video.mp4", "coaching_video.jpg", "coaching_video.vtt")}
    storage = run.services.storage
    storage.upload_media(paths["coaching_video.jpg"], video.poster, "image/jpeg")
    storage.upload_media(paths["coaching_video.vtt"], video.captions, "text/vtt; charset=utf-8")
    storage.upload_media(paths["coaching_video.mp4"], video.video, "video/mp4")
    return CoachingVideo(
        video_path=paths["coaching_video.mp4"],
        poster_path=paths["coaching_video.jpg"],
        captions_path=paths["coaching_video.vtt"],
        duration_s=video.duration_s,
        width=video.width,
        height=video.height,
        size_bytes=video.size_bytes,
        chapters=video.chapters,
        loudness_lufs=video.loudness_lufs,
        true_peak_dbtp=video.true_peak_dbtp,
        warnings=video.warnings,
    )


if __name__ == "__main__":
    sys.exit(run_job("render"))
