"""The pass over a file: what each second sounded and looked like."""

from pathlib import Path

import numpy as np
import pytest

from functions.prepare import probe, signals
from functions.prepare.signals import Limits, Measured
from shared.models.session import FailureCode
from tests.functions.prepare.footage import (
    HEIGHT,
    RATE,
    WIDTH,
    Picture,
    hiss,
    hush,
    pattern,
    still,
    tone,
    write_film,
)

LIMITS = Limits(minimum_s=5.0, maximum_s=3600.0)


def measured(path: Path, *, limits: Limits = LIMITS, stills: int = 6) -> Measured:
    with probe.opened(path) as container:
        header = probe.read_header(container, path.stat().st_size)
    with probe.opened(path) as container:
        return signals.measure(container, header, limits, stills=stills)


def moving(seconds: float, *, seed: int = 1) -> list[Picture]:
    """A pattern over which a bright square wanders."""
    frames = []
    for number in range(round(seconds * RATE)):
        picture = pattern(seed).copy()
        column = 20 + (number * 7) % (WIDTH - 70)
        picture[40:90, column : column + 50] = 250
        frames.append(picture)
    return frames


def veiled(picture: Picture, density: float) -> Picture:
    return (picture * (1 - density) + 205 * density).astype(np.uint8)


def test_there_is_one_value_per_second(tmp_path: Path) -> None:
    found = measured(write_film(tmp_path / "film.mp4", still(7.4), hiss(7.4))).signals
    assert found.seconds == 8
    assert len(found.voice) == len(found.crackles) == len(found.motion) == 8


def test_a_second_of_which_hardly_anything_is_there_is_not_counted(tmp_path: Path) -> None:
    times_s = [number / RATE for number in range(60)] + [6.0]
    assert measured(write_film(tmp_path / "film.mp4", still(6.1), times_s=times_s)).signals.seconds == 6


def test_frying_is_heard_where_it_is_and_knocks_and_voices_are_not_frying(tmp_path: Path) -> None:
    sound = np.concatenate((hush(4), hiss(4), tone(4)))
    found = measured(write_film(tmp_path / "film.mp4", still(12), sound)).signals
    assert max(found.sizzle[:4]) < 0.05
    assert min(found.sizzle[5:8]) > 0.4
    assert max(found.sizzle[9:12]) < 0.05
    assert min(found.voice[9:12]) > 0.8
    assert max(found.voice[5:8]) < 0.3
    assert found.silence[1] == 1.0
    assert found.silence[6] == 0.0


def test_sudden_sounds_are_counted_in_their_second(tmp_path: Path) -> None:
    sound = 0.001 * hiss(8, low_hz=50)
    for start_s in (3.2, 3.7, 5.5):
        start = round(start_s * 44_100)
        sound[start : start + 2000] += 0.5 * np.exp(-np.arange(2000) / 400) * np.sin(np.arange(2000) * 0.12)
    found = measured(write_film(tmp_path / "film.mp4", still(8), sound)).signals
    assert [found.onsets[second] for second in (3, 4, 5, 6)] == [2, 0, 1, 0]


def test_spitting_fat_crackles_over_the_hiss_and_the_hiss_alone_does_not(tmp_path: Path) -> None:
    sound, random = hiss(12), np.random.default_rng(3)
    for start in random.integers(6 * 44_100, 10 * 44_100, 60):
        sound[start : start + 120] += 0.9 * random.standard_normal(120) * np.exp(-np.arange(120) / 30)
    found = measured(write_film(tmp_path / "film.mp4", still(12), sound)).signals
    assert sum(found.crackles[:6]) <= 2
    assert min(found.crackles[6:10]) >= 4


def test_a_film_without_a_sound_track_has_no_sound(tmp_path: Path) -> None:
    found = measured(write_film(tmp_path / "film.mp4", still(6))).signals
    assert not found.has_sound
    assert set(found.rms_db) == {-90.0}
    assert set(found.silence) == {1.0}


def test_a_digitally_silent_track_counts_as_no_sound(tmp_path: Path) -> None:
    assert not measured(write_film(tmp_path / "film.mp4", still(6), hush(6))).signals.has_sound


def test_sound_stays_where_its_timestamps_say(tmp_path: Path) -> None:
    found = measured(write_film(tmp_path / "film.mkv", still(10), hiss(4), sound_starts_s=4.0)).signals
    assert [share > 0.4 for share in found.sizzle] == [False] * 4 + [True] * 4 + [False] * 2


@pytest.mark.parametrize("key_frame_s", [0.5, 1.0, 2.0, 20.0])
def test_movement_is_seen_in_its_second_however_far_apart_key_frames_are(tmp_path: Path, key_frame_s: float) -> None:
    pictures = [*still(6), *moving(6), *still(6)]
    found = measured(write_film(tmp_path / "film.mp4", pictures, key_frame_s=key_frame_s)).signals
    still_seconds, moving_seconds = [*found.motion[:5], *found.motion[14:]], found.motion[7:11]
    assert max(still_seconds) < 0.01
    assert min(moving_seconds) > 0.03


def test_a_swaying_camera_is_not_movement(tmp_path: Path) -> None:
    wide = np.concatenate((pattern(1), pattern(2)), axis=1)
    shifts = [8 + round(6 * np.sin(number / 4)) for number in range(60)]
    found = measured(write_film(tmp_path / "film.mp4", [wide[:, shift : shift + WIDTH] for shift in shifts])).signals
    assert max(found.motion) < 0.02


def test_a_veil_is_haze_and_a_darker_exposure_is_not(tmp_path: Path) -> None:
    clear = pattern(brightness=0.4)
    smoke = [veiled(clear, min(0.5, step / 100)) for step in range(100)]
    dimmed = [(clear * (1 - step / 200)).astype(np.uint8) for step in range(100)]
    smoking = measured(write_film(tmp_path / "smoke.mp4", [*still(6, clear), *smoke])).signals
    dimming = measured(write_film(tmp_path / "dim.mp4", [*still(6, clear), *dimmed])).signals
    assert max(smoking.haze[:6]) < 0.02
    assert smoking.haze[14] > 0.3
    assert max(dimming.haze) < 0.03
    assert dimming.luminance[15] < 0.7 * dimming.luminance[0]


def test_browning_is_what_turned_brown_not_what_was_brown(tmp_path: Path) -> None:
    counter = np.full((HEIGHT, WIDTH, 3), (150, 95, 45), np.uint8)
    counter[30:100, 50:140] = (232, 215, 190)
    frames = []
    for step in range(120):
        picture = counter.copy()
        share = min(1.0, step / 100)
        raw, crust = np.array((232, 215, 190)), np.array((120, 72, 30))
        picture[30:100, 50:140] = (raw + share * (crust - raw)).astype(np.uint8)
        frames.append(picture)
    found = measured(write_film(tmp_path / "film.mp4", frames)).signals
    assert found.browning[0] < 0.01
    assert found.browning[11] > 0.15
    assert np.all(np.diff(found.browning) > -0.01)


def test_a_cut_is_a_change_of_shot_and_moving_things_are_not(tmp_path: Path) -> None:
    dark = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    dark[:, ::16] = (10, 40, 160)
    found = measured(write_film(tmp_path / "film.mp4", [*moving(6), *still(6, dark)])).signals
    assert len(found.shot_changes_s) == 1
    assert found.shot_changes_s[0] == pytest.approx(6.0, abs=1.01)


def test_the_rate_and_its_variation_are_measured(tmp_path: Path) -> None:
    steady = measured(write_film(tmp_path / "steady.mp4", still(6))).media
    uneven_s = list(np.cumsum(np.random.default_rng(1).choice([0.04, 0.1, 0.5], 40)))
    uneven = measured(write_film(tmp_path / "uneven.mp4", still(4), times_s=uneven_s)).media
    assert not steady.variable_frame_rate
    assert steady.frame_rate == pytest.approx(10.0, rel=0.02)
    assert uneven.variable_frame_rate


def test_a_duration_the_header_does_not_give_is_measured(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", still(6), options={"live": "1"})
    with probe.opened(path) as container:
        header = probe.read_header(container, path.stat().st_size).model_copy(update={"duration_s": 0.0})
    with probe.opened(path) as container:
        assert signals.measure(container, header, LIMITS, stills=1).media.duration_s == pytest.approx(6.0, abs=0.15)


def test_a_film_that_ends_before_its_header_says_was_cut_off(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mp4", moving(12), options={"crf": "10"})
    path = tmp_path / "faststart.mp4"
    _with_index_in_front(whole, path)
    path.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    with pytest.raises(probe.Refused) as refused:
        measured(path)
    assert refused.value.code is FailureCode.UNREADABLE_VIDEO
    assert "cut off" in refused.value.detail


def test_limits_hold_for_what_was_measured(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", still(6))
    with pytest.raises(probe.Refused) as refused:
        measured(film, limits=Limits(minimum_s=7.0, maximum_s=10.0))
    assert refused.value.code is FailureCode.TOO_SHORT


def _with_index_in_front(source: Path, target: Path) -> None:
    import av

    with av.open(str(source)) as read, av.open(str(target), "w", options={"movflags": "+faststart"}) as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(read.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                written.mux(packet)
