"""Stills and poster."""

from pathlib import Path

import av
import numpy as np
import pytest

from functions.prepare import probe, signals
from functions.prepare.picture.colour import to_sdr
from functions.prepare.picture.stills import beauty, write_jpeg
from tests.functions.prepare.footage import Picture, pattern, still, write_film
from tests.functions.prepare.test_signals import LIMITS, measured


def test_key_frames_are_spread_over_the_film_and_no_more_than_asked_for(tmp_path: Path) -> None:
    pictures = [picture for seed in range(40) for picture in still(1, pattern(seed))]
    chosen = measured(write_film(tmp_path / "film.mp4", pictures), stills=6).stills.key_frames()
    times = [frame.time_s for frame in chosen]
    assert len(times) == 6
    assert times == sorted(times)
    assert times[-1] - times[0] > 25
    assert max(np.diff(times)) < 15


def test_the_poster_is_sharp_and_lit_and_not_from_the_start(tmp_path: Path) -> None:
    dull = np.full((128, 192, 3), 20, np.uint8)
    film = write_film(
        tmp_path / "film.mp4", [*still(3, pattern()), *still(3, dull), *still(3, pattern()), *still(3, dull)]
    )
    assert 6.0 <= measured(film).stills.poster().time_s < 9.0


def test_stills_stand_as_a_player_shows_them(tmp_path: Path) -> None:
    corner: Picture = np.zeros((128, 192, 3), np.uint8)
    corner[:64, :96] = 255  # upper left as coded; a quarter turn clockwise makes it upper right
    film = write_film(tmp_path / "film.mp4", still(6, corner), rotation=90)
    poster = measured(film).stills.poster().rgb
    assert poster.shape[:2] == (192, 128)
    assert poster[20, 100].min() > 200
    assert poster[20, 20].max() < 60


def test_hdr_stills_look_like_sdr(tmp_path: Path) -> None:
    grey = np.full((128, 192, 3), 190, np.uint8)  # 75 % of HLG: white as paper
    film = write_film(tmp_path / "film.mp4", still(6, grey), codec="libx265", pixel_format="yuv420p10le", transfer=18)
    poster = measured(film).stills.poster().rgb
    assert 170 < float(np.median(poster)) <= 250


@pytest.mark.parametrize("transfer", ["hlg", "pq"])
def test_tone_mapping_keeps_order_and_range(transfer: str) -> None:
    ramp = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[:, None, None], 3, axis=2)
    mapped = to_sdr(ramp, transfer)  # type: ignore[arg-type]  # the parameters are the two values
    assert np.all(np.diff(mapped[:, 0, 1]) >= -1e-6)
    assert mapped.min() >= 0.0
    assert mapped.max() <= 1.0
    assert mapped[0].max() < 0.02


def test_a_sharp_bright_picture_beats_a_flat_or_dark_one() -> None:
    sharp = pattern().astype(np.float32) / 255
    assert beauty(sharp) > beauty(np.full_like(sharp, 0.5))
    assert beauty(sharp) > beauty(sharp * 0.2)


def test_jpegs_carry_no_metadata(tmp_path: Path) -> None:
    write_jpeg(pattern(), 96, tmp_path / "still.jpg")
    data = (tmp_path / "still.jpg").read_bytes()
    assert data.startswith(b"\xff\xd8")
    assert b"Exif" not in data
    with av.open(str(tmp_path / "still.jpg")) as container:
        assert max(container.streams.video[0].width, container.streams.video[0].height) == 96


def test_memory_for_stills_does_not_grow_with_the_film(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", [pattern(seed % 7) for seed in range(180)], rate=1)  # three minutes
    with probe.opened(path) as container:
        header = probe.read_header(container, path.stat().st_size)
    with probe.opened(path) as container:
        chooser = signals.measure(container, header, LIMITS, stills=4).stills
    assert len(chooser._best) <= 8
