"""Music, mix, loudness."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.ffmpeg_binary import ffmpeg_binary
from functions.render.order import VoicedSentence
from functions.render.sound import SAMPLE_RATE_HZ
from functions.render.sound.applause import synthesise_applause
from functions.render.sound.loudness import limit, loudness_lufs, true_peak_db
from functions.render.sound.mix import BREATH_DB, CURVE_HZ, RECAP_DB, VOICE_OVER_DB, mix_sound, music_curve_db
from functions.render.sound.music import compose_music
from functions.render.sound.room import convolve
from functions.render.sound.wav import Signal, UnexpectedSound, read_wav, write_wav
from functions.render.timeline import Timeline, plan_timeline
from tests.functions.render.films import voice


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> list[VoicedSentence]:
    return voice(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="module")
def timeline(script: list[VoicedSentence]) -> Timeline:
    return plan_timeline(script, pause_s=0.45, outro_s=12)


@pytest.fixture(scope="module")
def mix(script: list[VoicedSentence], timeline: Timeline) -> Signal:
    return mix_sound(script, timeline)


def tone(hertz: float, level_db: float, length_s: float = 5.0) -> Signal:
    times = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    side = 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * times)
    return np.stack([side, side]).astype(np.float32)


def measured_by_ffmpeg(stereo: Signal, directory: Path) -> tuple[float, float]:
    """Loudness and true peak."""
    write_wav(directory / "sound.wav", stereo, SAMPLE_RATE_HZ)
    arguments = (
        "-nostdin",
        "-hide_banner",
        "-nostats",
        "-i",
        "sound.wav",
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    )
    run = subprocess.run([ffmpeg_binary(), *arguments], cwd=directory, capture_output=True, text=True, check=True)
    loudness = re.findall(r"I:\s+(-?[\d.]+) LUFS", run.stderr)[-1]
    return float(loudness), float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", run.stderr)[-1])


def test_reference_tone_measures_what_the_standard_says() -> None:
    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at −23 dBFS is −23 LUFS.
    assert loudness_lufs(tone(1000, -23.0, 20.0)) == pytest.approx(-23.0, abs=0.1)


def test_quiet_stretches_are_gated_out() -> None:
    # EBU Tech 3341, case 3.
    parts = [tone(1000, -36.0, 10.0), tone(1000, -23.0, 60.0), tone(1000, -36.0, 10.0)]
    assert loudness_lufs(np.concatenate(parts, axis=1)) == pytest.approx(-23.0, abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert loudness_lufs(np.zeros((2, SAMPLE_RATE_HZ), dtype=np.float32)) == float("-inf")


def test_peak_between_samples_is_found() -> None:
    # At a quarter of the rate and an eighth of a turn late, every sample lies 3 dB below the crest.
    times = np.arange(SAMPLE_RATE_HZ)
    side = (0.5 * np.sin(2 * np.pi * times / 4 + np.pi / 4)).astype(np.float32)
    assert true_peak_db(np.stack([side, side])) == pytest.approx(-6.02, abs=0.15)


@given(st.integers(0, 2**32 - 1), st.floats(-12, 0))
def test_limited_sound_stays_below_its_ceiling(seed: int, ceiling_db: float) -> None:
    noise = np.random.default_rng(seed).standard_normal((2, 9_600)).astype(np.float32) * 0.5
    assert true_peak_db(limit(noise, ceiling_db)) <= ceiling_db + 0.1


def test_sound_below_the_ceiling_is_left_alone() -> None:
    quiet = tone(300, -12, 0.5)
    assert limit(quiet, -3.0) is quiet


def test_mix_is_at_minus_sixteen_with_headroom_by_another_meter(mix: Signal, tmp_path: Path) -> None:
    loudness, peak = measured_by_ffmpeg(mix, tmp_path)
    assert loudness == pytest.approx(-16.0, abs=0.5)
    assert peak <= -2.8


def test_mix_is_as_long_as_the_video(mix: Signal, timeline: Timeline) -> None:
    assert mix.shape == (2, timeline.frames * 1600)


def test_voice_is_well_above_the_music(mix: Signal, timeline: Timeline) -> None:
    def level_db(start_s: float, end_s: float) -> float:
        piece = mix[:, round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]
        return float(10 * np.log10(np.mean(piece**2)))

    first, second = timeline.cues[0], timeline.cues[1]
    assert level_db(first.start_s + 0.2, first.end_s - 0.2) - level_db(first.end_s + 0.05, second.start_s - 0.05) > 12


def test_music_goes_down_for_the_voice_and_up_for_the_recap(timeline: Timeline) -> None:
    curve = music_curve_db(timeline)
    for cue in timeline.cues:
        spoken = curve[round((cue.start_s + 0.1) * CURVE_HZ) : round((cue.end_s - 0.1) * CURVE_HZ)]
        assert spoken.max() < VOICE_OVER_DB + 1.5
    assert curve[round((timeline.outro_frame / 30 + 1) * CURVE_HZ)] == pytest.approx(RECAP_DB)
    assert curve.max() <= RECAP_DB + 1e-6
    assert np.abs(np.diff(curve)).max() < (RECAP_DB - VOICE_OVER_DB) / 8  # no jumps
    assert BREATH_DB > VOICE_OVER_DB


def test_music_begins_its_melody_with_the_recap() -> None:
    music = compose_music(30.0, 20.0)

    def brightness(start_s: float, end_s: float) -> float:
        piece = music[0, round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]
        spectrum = np.abs(np.fft.rfft(piece)) ** 2
        return float(spectrum[round(1500 * len(piece) / SAMPLE_RATE_HZ) :].sum() / len(piece))

    assert brightness(20.0, 21.0) > 3 * brightness(18.9, 19.9)


def test_music_is_the_same_every_time_and_does_not_clip() -> None:
    first, second = compose_music(20.0, 12.0), compose_music(20.0, 12.0)
    assert np.array_equal(first, second)
    assert np.abs(first).max() <= 1.0


def test_applause_swells_and_dies_away() -> None:
    applause = synthesise_applause()
    seconds = [float(np.mean(piece**2)) for piece in np.array_split(applause[0], 6)]
    assert max(seconds) in seconds[1:4]
    assert seconds[-1] < max(seconds) / 20


def test_block_convolution_is_convolution() -> None:
    random = np.random.default_rng(3)
    signal, response = (random.standard_normal(length).astype(np.float32) for length in (200_000, 700))
    assert convolve(signal, response) == pytest.approx(np.convolve(signal, response)[: len(signal)], abs=1e-3)


def test_recording_of_another_length_than_told_is_refused(script: list[VoicedSentence], timeline: Timeline) -> None:
    wrong = [script[0].model_copy(update={"duration_s": 9.0}), *script[1:]]
    with pytest.raises(UnexpectedSound, match=r"expected 9\.000 s at 48000 Hz in voice-0\.wav\. Found: 6\.000 s"):
        mix_sound(wrong, timeline)


def test_file_that_is_no_wav_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"nothing of the kind")
    with pytest.raises(UnexpectedSound, match=r"expected a WAV file in x\.wav"):
        read_wav(tmp_path / "x.wav")
