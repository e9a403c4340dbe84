"""Damaged files: any change of any byte ends in measurements or in a refusal, within the time allowed."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.prepare.contract import Found, Job
from functions.prepare.sandbox import measure_apart
from shared.errors import Permanent
from shared.models.session import FailureCode
from tests.functions.prepare.footage import hiss, pattern, still, write_film

JOB = Job(minimum_s=1, maximum_s=60, key_frames=2, cpu_s=20, memory_bytes=1024**3)
TIME_LIMIT_S = 20.0

damage = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=12)), min_size=1, max_size=8
)
cut = st.one_of(st.just(1.0), st.floats(0.01, 1.0))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    directory = tmp_path_factory.mktemp("films")
    made = {}
    for ending in ("mp4", "mkv", "webm"):
        codec = "libvpx-vp9" if ending == "webm" else "libx264"
        pictures = [*still(1.5), *still(1.5, pattern(2))]
        sound = None if ending == "webm" else hiss(3)
        options: dict[str, object] = {"deadline": "realtime", "cpu-used": "8"} if ending == "webm" else {}
        made[ending] = write_film(
            directory / f"film.{ending}", pictures, sound, codec=codec, options=options
        ).read_bytes()
    return made


def survives(data: bytes, ending: str) -> None:
    """Measure a file that may be anything; only the two honest ends are let through."""
    with tempfile.TemporaryDirectory() as directory:
        upload, work_dir = Path(directory) / f"film.{ending}", Path(directory) / "work"
        work_dir.mkdir()
        upload.write_bytes(data)
        answer = _answer(upload, work_dir)
    if isinstance(answer, Permanent):
        assert answer.code in (FailureCode.UNREADABLE_VIDEO, FailureCode.TOO_SHORT, FailureCode.TOO_LONG)
        assert "still reading" not in answer.detail


def _answer(upload: Path, work_dir: Path) -> Found | Permanent:
    try:
        return measure_apart(upload, work_dir, JOB, time_limit_s=TIME_LIMIT_S)
    except Permanent as refused:
        return refused


def damaged(data: bytes, changes: list[tuple[float, bytes]], share: float) -> bytes:
    spoiled = bytearray(data)
    for place, patch in changes:
        start = int(place * len(spoiled))
        spoiled[start : start + len(patch)] = patch
    return bytes(spoiled[: max(1, int(share * len(spoiled)))])


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ending=st.sampled_from(["mp4", "mkv", "webm"]), changes=damage, share=cut)
def test_any_damage_ends_in_an_answer(
    films: dict[str, bytes], ending: str, changes: list[tuple[float, bytes]], share: float
) -> None:
    survives(damaged(films[ending], changes, share), ending)


@pytest.mark.soak
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ending=st.sampled_from(["mp4", "mkv", "webm"]), changes=damage, share=cut)
def test_much_damage_ends_in_answers(
    films: dict[str, bytes], ending: str, changes: list[tuple[float, bytes]], share: float
) -> None:
    survives(damaged(films[ending], changes, share), ending)


@settings(max_examples=6, deadline=None)
@given(data=st.binary(min_size=1, max_size=4000), head=st.sampled_from([b"", b"\0\0\0\x18ftypmp42", b"\x1aE\xdf\xa3"]))
def test_random_bytes_are_no_film(data: bytes, head: bytes) -> None:
    survives(head + data, "mp4")
