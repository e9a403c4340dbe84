"""The one pass over an upload: every packet is read once; the sound is decoded whole, the picture about once a second.

Phones write a key frame every second or two, so key frames alone show enough, and cost little. Edited films have them
ten seconds apart: there the packets in between are decoded as well. Which kind it is shows only as packets arrive, so
the packets after a key frame are held back and forgotten when the next key frame comes in time.
"""

from __future__ import annotations  # av.Packet is generic only to the type checker

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from functions.prepare.arrays import FloatArray
from functions.prepare.picture.meter import PictureTrack
from functions.prepare.picture.reader import PictureReader
from functions.prepare.picture.stills import StillChooser
from functions.prepare.probe import Refused, check_duration, video_stream
from functions.prepare.sound.meter import SoundTrack, silent_track
from functions.prepare.sound.reader import SoundReader
from shared.models.media import MediaInfo, Signals
from shared.models.session import FailureCode

BETWEEN_PIXELS = 20_000_000_000
"""How much is decoded between distant key frames in all: some 5 minutes of 1080p at 30 frames per second. Of a longer
film of that kind an even share of the gaps is looked into; seconds in the others lie between their neighbours."""
LONGEST_GAP_S = 2.0
"""Key frames further apart than this leave too much unseen …"""
LONGEST_GAP_OF_SHORT_FILM_S = 1.25
"""… and in a film so short that all of it may be decoded, further apart than this."""
TRUNCATED_SHARE = 0.95
TRUNCATED_S = 1.0
"""A picture that ends before this share of what its header says, and this much before, was cut off on the way."""
OVERRUN_S = 10.0
"""Timestamps this far beyond the length in the header are damage, not film."""
DAMAGED_SHARE = 0.5
"""Share of the pictures tried that may be undecodable before the file counts as unreadable."""
DAMAGED_PACKETS = 50
"""Reading gives up after this many errors of the container in a row."""
LEAST_REMAINDER_S = 0.1
"""A last second of which less than this is there is not counted."""
RATE_JITTER = 0.2
RATE_JITTER_SHARE = 0.01
"""A frame rate varies when more than this share of the intervals differs from the usual one by more than the jitter."""
PROGRESS_STEP = 0.02


@dataclass(frozen=True)
class Limits:
    """How long a film may be, seconds."""

    minimum_s: float
    maximum_s: float


@dataclass(frozen=True)
class Measured:
    """What the pass found."""

    media: MediaInfo
    """With the duration and the frame rate as measured."""
    signals: Signals
    stills: StillChooser


def measure(
    container: InputContainer,
    header: MediaInfo,
    limits: Limits,
    *,
    stills: int,
    progress: Callable[[float], None] = lambda _: None,
) -> Measured:
    """Read the whole file once.

    Args:
        container: opened, not yet read from.
        header: what `probe.read_header` said of the same file.
        limits: how long the film may be.
        stills: how many key frames to choose.
        progress: called with the share read so far, 0 to 1.

    Raises:
        Refused: too short or too long as measured, cut off, or damaged throughout.
    """
    stream = video_stream(container)
    audio = container.streams.audio[0] if container.streams.audio else None
    zero_s = 0.0 if container.start_time is None else container.start_time / 1e6
    end_s = header.duration_s + OVERRUN_S if header.duration_s else limits.maximum_s + OVERRUN_S
    chooser = StillChooser(stills, header.rotation_degrees, header.hdr)
    sight = PictureReader(
        stream,
        header,
        zero_s,
        end_s,
        chooser,
        longest_gap_s=_longest_gap_s(header),
        between_share=_between_share(header),
    )
    hearing = None if audio is None else SoundReader(audio, zero_s, end_s)
    shown = 0.0
    for packet in _packets(container, [stream] if audio is None else [stream, audio]):
        if packet.stream.index == stream.index:
            sight.read(packet)
        elif hearing is not None:
            hearing.read(packet)
        if header.duration_s and (share := sight.end_s / header.duration_s) > shown + PROGRESS_STEP:
            shown = share
            progress(min(1.0, share))
    sight.flush()
    media = _as_measured(header, sight, limits)
    seconds = max(1, int(np.ceil(media.duration_s - LEAST_REMAINDER_S)))
    heard = None if hearing is None else hearing.finish(seconds)
    return Measured(media, _signals(sight.meter.finish(seconds), heard, seconds), chooser)


def _packets(container: InputContainer, streams: list[Stream]) -> Iterator[Packet[Stream]]:
    """Every packet of these streams, going on after damage in the container as long as there is hope."""
    failures = 0
    packets = container.demux(streams)
    while failures < DAMAGED_PACKETS:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError:
            failures += 1
            packets = container.demux(streams)
            continue
        failures = 0
        yield packet


def _between_share(header: MediaInfo) -> float:
    """The share of the gaps between distant key frames that `BETWEEN_PIXELS` pays for."""
    return min(1.0, BETWEEN_PIXELS / _pixels(header))


def _longest_gap_s(header: MediaInfo) -> float:
    return LONGEST_GAP_OF_SHORT_FILM_S if 2 * _pixels(header) < BETWEEN_PIXELS else LONGEST_GAP_S


def _pixels(header: MediaInfo) -> float:
    return header.width * header.height * header.frame_rate * max(header.duration_s, 1.0)


def _as_measured(header: MediaInfo, sight: PictureReader, limits: Limits) -> MediaInfo:
    """The header, with what the pass knows better.

    Raises:
        Refused: there is nothing to see, or not as much as there should be.
    """
    tried = sight.decoded + sight.damaged
    if sight.meter.last_time_s is None or sight.damaged > DAMAGED_SHARE * tried:
        raise Refused(
            FailureCode.UNREADABLE_VIDEO,
            f"expected a picture that can be decoded. Found: {sight.damaged} of {tried} pictures damaged",
        )
    declared_s, seen_s = header.duration_s, sight.end_s
    if seen_s < TRUNCATED_SHARE * declared_s and seen_s < declared_s - TRUNCATED_S:
        raise Refused(
            FailureCode.UNREADABLE_VIDEO,
            f"expected {declared_s:.1f} s of picture, as the header says. Found: {seen_s:.1f} s; the file was cut off",
        )
    duration_s = declared_s if abs(declared_s - seen_s) <= TRUNCATED_S and declared_s else seen_s
    check_duration(duration_s, minimum_s=limits.minimum_s, maximum_s=limits.maximum_s)
    intervals = np.diff(np.unique(np.asarray(sight.times_s)))
    usual = float(np.median(intervals)) if intervals.size else 1.0 / header.frame_rate
    uneven = np.abs(intervals - usual) > RATE_JITTER * usual
    return header.model_copy(
        update={
            "duration_s": round(duration_s, 3),
            "frame_rate": round(len(sight.times_s) / max(seen_s, 1e-3), 3),
            "variable_frame_rate": bool(intervals.size and uneven.mean() > RATE_JITTER_SHARE),
        }
    )


def _signals(seen: PictureTrack, heard: SoundTrack | None, seconds: int) -> Signals:
    """Both tracks as one value per second, rounded to what they are good for."""
    sound = heard or silent_track(seconds)
    return Signals(
        seconds=seconds,
        has_sound=sound.has_sound,
        rms_db=_rounded(sound.rms_db, 1),
        onsets=sound.onsets.tolist(),
        crackles=sound.crackles.tolist(),
        sizzle=_rounded(sound.sizzle, 4),
        silence=_rounded(sound.silence, 2),
        voice=_rounded(sound.voice, 2),
        motion=_rounded(seen.motion, 5),
        luminance=_rounded(seen.luminance, 4),
        browning=_rounded(seen.browning, 4),
        haze=_rounded(seen.haze, 4),
        shot_changes_s=seen.shot_changes_s,
    )


def _rounded(values: FloatArray, digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]
