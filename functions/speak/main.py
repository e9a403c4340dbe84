"""Stage `speak`: one recording per sentence of the script, in the media bucket, with exact durations.

A recording is an object named by the hash of everything it depends on. One that is there already is not made again, so
a stage that was killed and is repeated makes at most one sentence twice.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from functions.speak.readings import Pronunciation
from functions.speak.sentences import split_sentences
from functions.speak.voice import UnspeakableText, synthesise, voice_version, wav_duration_s
from knowledge_base.catalogue import load_catalogue
from shared.errors import Permanent
from shared.models.coaching import NarrationScript
from shared.models.session import FailureCode
from shared.models.video import Part, Speech, SpokenSentence
from shared.stage import StageRequest, StageResult, StageRun, stage

SAMPLE_RATE_HZ = 48_000


class SpeakRequest(StageRequest):
    """How the script is to be spoken."""

    engine: Literal["open_jtalk"] = "open_jtalk"
    voice: Literal["mei"] = "mei"
    speaking_rate: float = Field(default=1.0, ge=0.5, le=2.0)
    """1.0 is the voice's own pace."""
    half_tone: float = Field(default=0.0, ge=-6, le=6)
    """Pitch shift in semitones."""
    sentence_pause_s: float = Field(default=0.45, ge=0, le=2)
    """Silence between two sentences; the render may stretch it to reach the length the video should have."""


@stage("speak", request=SpeakRequest, output=Speech, reads=("narrate",))
def speak(run: StageRun, request: SpeakRequest) -> StageResult[Speech]:
    """Speak the script of `narrate`."""
    script = run.output("narrate", NarrationScript)
    pronunciation = Pronunciation(
        load_catalogue().lexicon, name=run.user.first_name, name_reading=run.user.name_reading
    )
    planned = list(_sentences(script))
    spoken: list[SpokenSentence] = []
    characters = 0
    for position, (part, text) in enumerate(planned):
        reading = pronunciation.of(text)
        try:
            path, duration_s, made = _recording(run, request, reading)
        except UnspeakableText as error:
            run.log.warning("sentence left out of the voice", part=part, error=str(error))
            continue
        characters += len(reading) if made else 0
        spoken.append(SpokenSentence(part=part, text=text, path=path, duration_s=duration_s))
        run.progress((position + 1) / len(planned))
    _refuse_silent_parts(spoken)
    speech = Speech(
        sentences=spoken,
        pause_s=request.sentence_pause_s,
        sample_rate_hz=SAMPLE_RATE_HZ,
        voice=request.voice,
        characters=sum(len(pronunciation.of(text)) for _, text in planned),
    )
    voiced_s = sum(sentence.duration_s for sentence in spoken)
    return StageResult(
        speech, answer={"voiced_s": round(voiced_s, 3)}, cost={"characters": characters}, model=request.voice
    )


def _sentences(script: NarrationScript) -> Iterator[tuple[Part, str]]:
    """All sentences in speaking order. The pivot is one line and stays one."""
    for text in split_sentences(script.part1):
        yield "part1", text
    yield "pivot", script.pivot
    for text in split_sentences(script.part2):
        yield "part2", text


def _recording(run: StageRun, request: SpeakRequest, reading: str) -> tuple[str, float, bool]:
    """Object name, length in seconds and whether it had to be made."""
    depends_on = f"{voice_version()}|{request.speaking_rate}|{request.half_tone}|{reading}"
    path = run.media_path(f"voice/{hashlib.sha256(depends_on.encode()).hexdigest()[:32]}.wav")
    if run.services.storage.media_exists(path):
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory) / "sentence.wav"
            run.services.storage.download_media(path, copy)
            return path, wav_duration_s(copy.read_bytes()), False
    recording = synthesise(reading, speaking_rate=request.speaking_rate, half_tone=request.half_tone)
    run.services.storage.upload_media(path, recording.wav(), "audio/wav")
    return path, recording.duration_s, True


def _refuse_silent_parts(spoken: list[SpokenSentence]) -> None:
    parts: tuple[Part, ...] = ("part1", "pivot", "part2")
    silent = [part for part in parts if all(sentence.part != part for sentence in spoken)]
    if silent:
        raise Permanent(
            FailureCode.INTERNAL,
            f"expected at least one sentence the voice can say in each part. Found none in: {silent}",
        )
