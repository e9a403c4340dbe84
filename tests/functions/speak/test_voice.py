"""The embedded voice."""

import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest

from functions.speak.voice import PEAK, Recording, UnspeakableText, synthesise, wav_duration_s

SENTENCES = [
    "鍋が温まるまで、もう少し待ちましょう。",
    "じゅわっ！",
    "野菜から出る水分よりも、蒸発する水分のほうが多ければ、香ばしい焼き色がつきます。",
]


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    return [synthesise(sentence) for sentence in SENTENCES]


def level_db(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean((samples / 32_768.0) ** 2)) + 1e-9))


def test_there_is_no_silence_at_either_end(recordings: list[Recording]) -> None:
    for recording in recordings:
        edge = round(0.05 * recording.sample_rate_hz)
        assert level_db(recording.samples[:edge]) > -55
        assert level_db(recording.samples[-edge:]) > -55


def test_ends_do_not_click(recordings: list[Recording]) -> None:
    for recording in recordings:
        assert abs(int(recording.samples[0])) < 40
        assert abs(int(recording.samples[-1])) < 40


def test_sentences_are_equally_loud_and_none_clips(recordings: list[Recording]) -> None:
    levels = []
    for recording in recordings:
        frames = recording.samples[: len(recording.samples) // 240 * 240].reshape(-1, 240) / 32_768.0
        power = np.mean(frames**2, axis=1)
        levels.append(10 * np.log10(np.mean(power[power > power.max() / 1000])))
        assert np.abs(recording.samples).max() <= PEAK * 32_768 + 1
    assert max(levels) - min(levels) < 1.0


def test_duration_is_samples_by_rate(recordings: list[Recording]) -> None:
    for recording in recordings:
        assert wav_duration_s(recording.wav()) == recording.duration_s
        assert recording.sample_rate_hz == 48_000


def test_wav_is_mono_16_bit(recordings: list[Recording]) -> None:
    with wave.open(BytesIO(recordings[0].wav())) as reader:
        assert (reader.getnchannels(), reader.getsampwidth(), reader.getframerate()) == (1, 2, 48_000)


def test_slower_voice_takes_longer(recordings: list[Recording]) -> None:
    slow = synthesise(SENTENCES[0], speaking_rate=0.8)
    assert slow.duration_s == pytest.approx(recordings[0].duration_s / 0.8, rel=0.05)


def test_same_sentence_sounds_the_same_from_any_thread(recordings: list[Recording]) -> None:
    with ThreadPoolExecutor(3) as threads:
        again = list(threads.map(synthesise, SENTENCES))
    for first, second in zip(recordings, again, strict=True):
        assert np.array_equal(first.samples, second.samples)


@pytest.mark.parametrize("text", ["。。。", "🍳", ""])
def test_text_without_sound_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(UnspeakableText, match="expected a sentence the voice can say"):
        synthesise(text)


def test_console_stays_clean() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from functions.speak.voice import synthesise; synthesise('はい。')"],
        capture_output=True,
        check=True,
    )
    assert (run.stdout, run.stderr) == (b"", b"")
