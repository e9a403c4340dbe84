"""Puts voice, music and applause together and brings the whole to one loudness.

Nothing reacts to the sound while it plays: when the voice speaks is known, so the music is turned down by a curve that
is drawn beforehand, and loudness is reached by one gain, measured. Nothing pumps.
"""

import numpy as np

from functions.render.order import VoicedSentence
from functions.render.sound import SAMPLE_RATE_HZ
from functions.render.sound.applause import synthesise_applause
from functions.render.sound.loudness import limit, loudness_lufs
from functions.render.sound.music import compose_music
from functions.render.sound.wav import Signal, UnexpectedSound, read_wav
from functions.render.timeline import FRAME_RATE, Timeline

LOUDNESS_LUFS = -16.0
CEILINGS_DB = (-3.0, -5.5)
"""True peak before AAC; the promise afterwards is −1.5. AAC adds half a decibel to most sounds and more than two to a
few, so there is a second ceiling for those."""
VOICE_DB = 0.0
OPENING_DB, BREATH_DB, VOICE_OVER_DB, RECAP_DB = -11.0, -15.0, -22.0, -8.0
"""Level of the music under the title, in long breaths, under the voice, and in the recap."""
APPLAUSE_DB = -11.0
APPLAUSE_AFTER_S = 0.15
LONG_BREATH_S = 0.9
"""Between two sentences with less silence than this the music stays down."""
DUCK_EARLY_S, RELEASE_LATE_S = 0.2, 0.15
FADE_IN_S, FADE_OUT_S = 0.8, 2.5
CURVE_HZ = 100
"""How finely the level of the music is drawn."""
SMOOTHING_S = 0.35


def mix_sound(sentences: list[VoicedSentence], timeline: Timeline, ceiling_db: float = CEILINGS_DB[0]) -> Signal:
    """The whole sound of the video, shape (2, samples), at `LOUDNESS_LUFS`, no true peak above `ceiling_db`.

    Raises:
        UnexpectedSound: a recording is not 48 kHz mono PCM or not as long as it should be.
    """
    samples = timeline.frames * SAMPLE_RATE_HZ // FRAME_RATE
    outro_s = timeline.outro_frame / FRAME_RATE
    music = compose_music(timeline.duration_s, outro_s)[:, :samples]
    music *= _gain(music_curve_db(timeline), samples)
    _add(music, synthesise_applause(), outro_s + APPLAUSE_AFTER_S, APPLAUSE_DB)
    voice = _voice(sentences, timeline, samples)
    music += voice * np.float32(10 ** (VOICE_DB / 20))
    music *= _fades(samples)
    gain_db = LOUDNESS_LUFS - loudness_lufs(music)
    return limit(music * np.float32(10 ** (gain_db / 20)), ceiling_db)


def music_curve_db(timeline: Timeline) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Level of the music, dB, `CURVE_HZ` times a second."""
    curve = np.full(round(timeline.duration_s * CURVE_HZ) + 1, BREATH_DB)

    def draw(start_s: float, end_s: float, level_db: float) -> None:
        curve[max(0, round(start_s * CURVE_HZ)) : max(0, round(end_s * CURVE_HZ))] = level_db

    draw(0.0, timeline.cues[0].start_s, OPENING_DB)
    for number, cue in enumerate(timeline.cues):
        draw(cue.start_s - DUCK_EARLY_S, cue.end_s + RELEASE_LATE_S, VOICE_OVER_DB)
        following = timeline.cues[number + 1].start_s if number + 1 < len(timeline.cues) else timeline.duration_s
        if following - cue.end_s < LONG_BREATH_S:
            draw(cue.end_s, following, VOICE_OVER_DB)
    draw(timeline.outro_frame / FRAME_RATE, timeline.duration_s + 1, RECAP_DB)
    window = np.hanning(round(SMOOTHING_S * CURVE_HZ) | 1)
    padded = np.pad(curve, len(window) // 2, mode="edge")
    curve = np.convolve(padded, window / window.sum(), mode="valid")
    return curve


def _voice(sentences: list[VoicedSentence], timeline: Timeline, samples: int) -> Signal:
    """All sentences at their places, the same on both sides."""
    track = np.zeros(samples, dtype=np.float32)
    for cue in timeline.cues:
        sentence = sentences[cue.index]
        spoken, sample_rate_hz = read_wav(sentence.wav)
        found_s = len(spoken) / sample_rate_hz
        if sample_rate_hz != SAMPLE_RATE_HZ or abs(found_s - sentence.duration_s) > 0.01:
            raise UnexpectedSound(
                f"expected {sentence.duration_s:.3f} s at {SAMPLE_RATE_HZ} Hz in {sentence.wav.name}. "
                f"Found: {found_s:.3f} s at {sample_rate_hz} Hz"
            )
        start = round(cue.start_s * SAMPLE_RATE_HZ)
        track[start : start + len(spoken)] += spoken[: samples - start]
    return np.stack([track, track])


def _gain(curve_db: np.ndarray[tuple[int], np.dtype[np.float64]], samples: int) -> Signal:
    """A curve in dB as a factor per sample."""
    times = np.arange(samples, dtype=np.float32) * np.float32(CURVE_HZ / SAMPLE_RATE_HZ)
    gain: Signal = np.interp(times, np.arange(len(curve_db)), 10 ** (curve_db / 20)).astype(np.float32)
    return gain


def _fades(samples: int) -> Signal:
    """In at the start, out at the end."""
    gain = np.ones(samples, dtype=np.float32)
    rising, falling = round(FADE_IN_S * SAMPLE_RATE_HZ), round(FADE_OUT_S * SAMPLE_RATE_HZ)
    gain[:rising] = np.linspace(0, 1, rising)
    gain[-falling:] *= np.cos(np.linspace(0, np.pi / 2, falling)) ** 2
    return gain


def _add(track: Signal, stereo: Signal, at_s: float, level_db: float) -> None:
    start = round(at_s * SAMPLE_RATE_HZ)
    length = max(0, min(stereo.shape[1], track.shape[1] - start))
    track[:, start : start + length] += np.float32(10 ** (level_db / 20)) * stereo[:, :length]
