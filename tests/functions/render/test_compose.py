"""Whole videos, small ones: from films of every awkward kind to files that keep every promise.

`compose` verifies what it makes (`test_verify.py` shows that it can tell), so a video that comes out has the right
length, rate, codec, loudness, chapters and no black or frozen stretch. Here it is looked at.
"""

import wave
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from functions.render.ffmpeg_binary import ffmpeg_binary
from functions.render.order import RenderFailed, VoicedSentence
from functions.render.sound.loudness import true_peak_db
from functions.render.sound.mix import mix_sound
from functions.render.timeline import plan_timeline
from functions.speak.sentences import split_sentences
from functions.speak.voice import synthesise
from shared.models.video import Part
from tests.functions.render.films import (
    Picture,
    damaged,
    film,
    hdr_turned_film,
    number_in,
    order_for,
    pictures_at,
    seconds,
)
from tests.functions.render.made import Made, make

TITLE_GONE_S = 4.0
SPOKEN: tuple[tuple[Part, str], ...] = (
    (
        "part1",
        (
            "花子さん、具材をきれいに切りそろえていた手つきが、とても丁寧でした。"
            "チャーハンの原理は、水分が逃げる速さにあります。"
            "鍋がよく温まっていれば、ご飯の水分は入れた瞬間に湯気になって逃げ、一粒一粒がほぐれます。"
            "今回は、鍋が温まりきる前に卵が入りました。音が静かだったのは、熱が足りなかったからです。"
        ),
    ),
    ("pivot", "動画を使ってそのポイントを見てみましょう"),
    (
        "part2",
        (
            "ここで、卵が鍋に触れた瞬間の音に耳をすませてください。じゅわっと広がらずに、静かに沈んでいますね。"
            "次は、うっすら煙が上がるまで待ってから入れてみてください。音が変われば、合図です。"
        ),
    ),
)


@pytest.fixture(scope="module")
def upright(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """8 s held upright, HEVC 10-bit HLG, a gap of a second and a half between two pictures, the moment at the start."""
    directory = tmp_path_factory.mktemp("upright")
    source = hdr_turned_film(
        directory / "source.mov", length_s=8, size=(180, 320), keep=lambda time_s: not 3 <= time_s < 4.5
    )
    return make(order_for(source, directory, key_moment_s=1.0), directory)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Five minutes, 4:3, damaged in the middle, the moment where the damage is."""
    directory = tmp_path_factory.mktemp("long")
    source = film(directory / "source.mp4", length_s=300, size=(160, 120), rate=10, number=seconds)
    return make(order_for(damaged(source, at=0.5), directory, key_moment_s=150), directory)


@pytest.mark.parametrize("name", ["lying", "upright", "long"])
def test_video_has_the_shape_of_its_source(name: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(name)
    size = (240, 426) if made.order.media.portrait else (426, 240)
    assert (made.video.width, made.video.height) == size
    assert 75 <= made.video.duration_s <= 95


def test_clip_shows_the_moment_at_natural_speed(lying: Made) -> None:
    start_s = 24 - lying.timeline.clip_frames / 30
    looks_s = [1.0, 8.0, 12.0, 16.0]
    found = lying.numbers_at([lying.clip_s + look_s for look_s in looks_s])
    assert found == [pytest.approx((start_s + look_s) * 10, abs=1) for look_s in looks_s]


def test_cut_is_hard_and_on_its_frame(lying: Made) -> None:
    before, after = lying.numbers_at([lying.clip_s - 1 / 30, lying.clip_s])
    start_s = 24 - lying.timeline.clip_frames / 30
    assert before == pytest.approx(239, abs=1)  # the time-lapse ends with the source
    assert after == pytest.approx(start_s * 10, abs=1)


def test_time_lapse_shows_the_whole_source_at_one_speed(lying: Made) -> None:
    speed = 2 * 24 / lying.clip_s  # twice, or it would be slower than life
    looks_s = [TITLE_GONE_S + 1, 15.0, 25.0, 35.0, lying.clip_s - 0.5]
    found = lying.numbers_at(looks_s)
    assert found == [pytest.approx(look_s * speed % 24 * 10, abs=1.5) for look_s in looks_s]


def test_black_stretch_of_the_source_is_bridged(lying: Made) -> None:
    speed = 2 * 24 / lying.clip_s
    assert lying.numbers_at([9.0 / speed]) == [79]
    assert any("black" in warning for warning in lying.video.warnings)


def test_turned_source_stands_upright(upright: Made) -> None:
    # The first pass over the 8 s is slowed by a quarter.
    found = upright.numbers_at([upright.clip_s + 2.0, upright.clip_s + 8.0])
    assert found == [pytest.approx(16, abs=1), pytest.approx(64, abs=1)]


def test_short_source_is_shown_again(upright: Made) -> None:
    assert upright.numbers_at([upright.clip_s + 10 + 2.0]) == [pytest.approx(16, abs=1)]


def test_hdr_becomes_bt709(upright: Made) -> None:
    with av.open(str(upright.video.video)) as container:
        context = container.streams.video[0].codec_context
        assert (context.pix_fmt, context.color_trc, context.color_primaries) == ("yuv420p", 1, 1)


def test_long_source_is_spanned(long: Made) -> None:
    looks_s = [TITLE_GONE_S + 1, 15.0, 35.0, long.clip_s - 0.5]
    expected = [look_s / long.clip_s * 300 % 256 for look_s in looks_s]
    with_bands = [number_in(_inner(picture)) for picture in pictures_at(long.video.video, looks_s)]
    assert with_bands == [pytest.approx(number, abs=2) for number in expected]


def test_other_shape_stands_before_a_blurred_copy(long: Made) -> None:
    picture = next(pictures_at(long.video.video, [10.0]))
    row = picture[round(0.48 * len(picture))].astype(int)  # through the number: sharp edges in the picture itself
    assert 20 < picture[:, 5:45].mean() < 220  # neither black bars nor white ones
    assert np.abs(np.diff(row[:28])).max() < np.abs(np.diff(row[110:310])).max() / 3


def _inner(picture: Picture) -> Picture:
    """The 4:3 picture inside a lying video."""
    height, width = picture.shape
    inner = round(height * 4 / 3)
    return picture[:, (width - inner) // 2 : (width + inner) // 2]


def test_damage_is_survived(long: Made) -> None:
    second = next(iter(long.numbers_at([long.clip_s + 12.0])))
    assert 0 <= second < 256
    assert long.video.duration_s == long.timeline.duration_s


@pytest.mark.parametrize("name", ["lying", "upright"])
def test_poster_is_a_jpeg_of_the_video_s_size(name: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(name)
    with av.open(str(made.video.poster)) as container:
        picture = next(container.decode(container.streams.video[0]))
    assert (picture.width, picture.height) == (made.video.width, made.video.height)


def test_captions_file_has_every_sentence_in_order(lying: Made) -> None:
    text = lying.video.captions.read_text(encoding="utf-8")
    assert text.startswith("WEBVTT\n")
    said = "".join(line for line in text.splitlines()[1:] if line and "-->" not in line and not line.isdigit())
    assert said == "".join(sentence.text for sentence in lying.order.sentences)


def test_progress_grows_to_one(lying: Made) -> None:
    assert lying.progress == sorted(lying.progress)
    assert lying.progress[0] < 0.3
    assert lying.progress[-1] == 1.0
    assert len(lying.progress) > 3


@pytest.fixture
def only_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with no FFmpeg on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    ffmpeg_binary.cache_clear()
    yield
    ffmpeg_binary.cache_clear()


@pytest.mark.usefixtures("only_the_wheel")
def test_full_size_with_the_real_voice_and_the_wheel_s_ffmpeg_is_as_promised(tmp_path: Path) -> None:
    assert "imageio" in ffmpeg_binary()
    sentences: list[VoicedSentence] = []
    for part, text in SPOKEN:
        for sentence in split_sentences(text):
            recording = synthesise(sentence)
            wav = tmp_path / f"{len(sentences)}.wav"
            wav.write_bytes(recording.wav())
            sentences.append(VoicedSentence(part=part, text=sentence, wav=wav, duration_s=recording.duration_s))
    source = film(tmp_path / "source.mp4", length_s=20, size=(640, 360), rate=15)
    order = order_for(source, tmp_path, key_moment_s=9, height=720).model_copy(update={"sentences": sentences})
    made = make(order, tmp_path)
    assert (made.video.width, made.video.height) == (1280, 720)
    assert 75 <= made.video.duration_s <= 95
    assert made.video.size_bytes < 60_000_000


def test_sound_with_peaks_too_high_is_made_again_with_more_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = film(tmp_path / "source.mp4", length_s=6, rate=10)
    order = order_for(source, tmp_path, key_moment_s=2)
    for sentence in order.sentences:
        add_clicks(sentence.wav)
    timeline = plan_timeline(order.sentences, pause_s=order.pause_s, outro_s=order.options.outro_s)
    no_ceiling_db = 24.0
    assert true_peak_db(mix_sound(order.sentences, timeline, no_ceiling_db)) > 0
    monkeypatch.setattr("functions.render.compose.CEILINGS_DB", (no_ceiling_db, -3.0))
    made = make(order, tmp_path)
    assert made.video.true_peak_dbtp <= -1.5
    assert made.progress == sorted(made.progress)


def add_clicks(recording: Path) -> None:
    """Make a recording quiet but for a click every half second."""
    with wave.open(str(recording), "rb") as reader:
        parameters = reader.getparams()
        samples = np.frombuffer(reader.readframes(parameters.nframes), "<i2") // 3
    samples[:: parameters.framerate // 2] = 32_000
    with wave.open(str(recording), "wb") as writer:
        writer.setparams(parameters)
        writer.writeframes(samples.tobytes())


def test_source_that_is_black_throughout_is_refused(tmp_path: Path) -> None:
    source = film(tmp_path / "black.mp4", length_s=6, rate=10, black=lambda _: True)
    with pytest.raises(RenderFailed, match="expected pictures on which something is seen"):
        make(order_for(source, tmp_path, key_moment_s=2), tmp_path)


def test_source_whose_media_is_missing_is_refused(tmp_path: Path) -> None:
    source = film(tmp_path / "source.mp4", length_s=6, rate=10)
    order = order_for(source, tmp_path, key_moment_s=2)
    source.write_bytes(source.read_bytes()[:200])
    with pytest.raises(RenderFailed, match="the source could not be read"):
        make(order, tmp_path)
