"""What kind of file an upload is."""

import zipfile
from pathlib import Path

import av
import pytest

from functions.prepare import probe
from shared.models.media import MediaInfo
from shared.models.session import FailureCode
from tests.functions.prepare.footage import hiss, pattern, still, write_film


def header_of(path: Path) -> MediaInfo:
    size_bytes = probe.check_size(path)
    with probe.opened(path) as container:
        return probe.read_header(container, size_bytes)


def refusal_of(path: Path) -> probe.Refused:
    with pytest.raises(probe.Refused) as refused:
        header_of(path)
    return refused.value


def test_reads_what_a_plain_film_says_of_itself(tmp_path: Path) -> None:
    media = header_of(write_film(tmp_path / "film.mp4", still(6.0), hiss(6.0)))
    assert (media.video_codec, media.audio_codec) == ("h264", "aac")
    assert (media.width, media.height, media.rotation_degrees) == (192, 128, 0)
    assert media.duration_s == pytest.approx(6.0, abs=0.05)
    assert media.frame_rate == pytest.approx(10.0)
    assert media.hdr == "none"
    assert media.size_bytes == (tmp_path / "film.mp4").stat().st_size


@pytest.mark.parametrize(
    ("rotation", "shown"), [(0, (192, 128)), (90, (128, 192)), (180, (192, 128)), (270, (128, 192))]
)
def test_sizes_are_as_shown_after_the_rotation(tmp_path: Path, rotation: int, shown: tuple[int, int]) -> None:
    media = header_of(write_film(tmp_path / "film.mov", still(1.0), rotation=rotation))
    assert (media.width, media.height) == shown
    assert media.rotation_degrees == rotation
    assert media.portrait == (rotation in (90, 270))


@pytest.mark.parametrize(("ending", "codec"), [("webm", "libvpx-vp9"), ("mkv", "libx264"), ("mp4", "libx265")])
def test_accepts_what_phones_and_browsers_write(tmp_path: Path, ending: str, codec: str) -> None:
    options: dict[str, object] = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx-vp9" else {}
    media = header_of(write_film(tmp_path / f"film.{ending}", still(1.0), codec=codec, options=options))
    assert media.video_codec in probe.VIDEO_CODECS
    assert media.audio_codec is None


@pytest.mark.parametrize(("transfer", "hdr"), [(18, "hlg"), (16, "pq"), (1, "none")])
def test_tells_hdr_by_its_transfer_function(tmp_path: Path, transfer: int, hdr: str) -> None:
    film = write_film(tmp_path / "film.mp4", still(1.0), codec="libx265", pixel_format="yuv420p10le", transfer=transfer)
    assert header_of(film).hdr == hdr


@pytest.mark.parametrize(
    ("first_bytes", "found"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "a PNG image"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 500, "a JPEG image"),
        (b"%PDF-1.7" + b"\0" * 500, "a PDF document"),
        ("これは動画ではありません。".encode() * 50, "a text file"),
        (bytes(range(256)) * 40, "unknown bytes"),
    ],
)
def test_names_what_was_sent_instead_of_a_video(tmp_path: Path, first_bytes: bytes, found: str) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(first_bytes)
    refused = refusal_of(path)
    assert refused.code is FailureCode.UNREADABLE_VIDEO
    assert found in refused.detail


def test_an_archive_is_no_video(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "film.mp4", "w") as archive:
        archive.writestr("film.txt", "nothing")
    assert "a ZIP archive" in refusal_of(tmp_path / "film.mp4").detail


def test_an_empty_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    assert "an empty file" in refusal_of(tmp_path / "film.mp4").detail


def test_a_file_over_two_gigabytes_is_too_large_and_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3 + 1)  # sparse: it takes no space
    assert refusal_of(path).code is FailureCode.TOO_LARGE


def test_sound_alone_is_no_video_and_says_so(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "memo.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(hiss(1.0).astype("float32")[None], format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert "audio (aac)" in refusal_of(tmp_path / "memo.mp4").detail


def test_an_unaccepted_codec_is_named(tmp_path: Path) -> None:
    refused = refusal_of(write_film(tmp_path / "film.mp4", still(1.0), codec="mpeg4"))
    assert refused.code is FailureCode.UNREADABLE_VIDEO
    assert refused.detail == "expected one of H.264, HEVC, AV1, VP9. Found: mpeg4"


def test_other_containers_are_not_even_tried(tmp_path: Path) -> None:
    assert "RIFF" in refusal_of(write_film(tmp_path / "film.avi", still(1.0))).detail


def test_a_film_without_its_index_is_told_from_other_damage(tmp_path: Path) -> None:
    film = write_film(tmp_path / "whole.mp4", still(6.0, pattern()), hiss(6.0)).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(film[: len(film) // 2])
    assert "without its index (moov)" in refusal_of(tmp_path / "cut.mp4").detail


def test_a_playlist_cannot_make_the_reader_open_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (tmp_path / "film.mp4").write_text(f"ffconcat version 1.0\nfile {secret}\n")
    assert "a text file" in refusal_of(tmp_path / "film.mp4").detail


@pytest.mark.parametrize(("duration_s", "code"), [(4.94, FailureCode.TOO_SHORT), (3600.06, FailureCode.TOO_LONG)])
def test_durations_outside_the_limits_are_refused(duration_s: float, code: FailureCode) -> None:
    with pytest.raises(probe.Refused) as refused:
        probe.check_duration(duration_s, minimum_s=5.0, maximum_s=3600.0)
    assert refused.value.code is code
    assert f"{duration_s:.2f} s" in refused.value.detail


@pytest.mark.parametrize("duration_s", [4.97, 5.0, 3600.0, 3600.04])
def test_durations_are_compared_as_a_phone_shows_them(duration_s: float) -> None:
    probe.check_duration(duration_s, minimum_s=5.0, maximum_s=3600.0)
