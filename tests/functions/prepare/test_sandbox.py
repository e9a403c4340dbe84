"""The worker's cage: whatever happens inside, the stage gets an answer."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from functions.prepare.contract import Job
from functions.prepare.sandbox import MAX_ANSWER_BYTES, Listener, measure_apart
from shared.errors import Permanent
from shared.models.session import FailureCode
from tests.functions.prepare.footage import hiss, pattern, still, write_film

JOB = Job(minimum_s=5, maximum_s=3600, key_frames=4, cpu_s=120, memory_bytes=1024**3)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", still(8), hiss(8))


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


def failure_of(upload: Path, work_dir: Path, job: Job = JOB, time_limit_s: float = 60.0) -> Permanent:
    with pytest.raises(Permanent) as failure:
        measure_apart(upload, work_dir, job, time_limit_s=time_limit_s)
    return failure.value


def test_the_answer_comes_with_its_files(film: Path, work_dir: Path) -> None:
    shown: list[float] = []
    found = measure_apart(film, work_dir, JOB, time_limit_s=60.0, progress=shown.append)
    assert found.media.duration_s == pytest.approx(8.0, abs=0.1)
    assert found.signals.seconds == 8
    assert (work_dir / found.poster.file_name).stat().st_size > 1000
    assert all((work_dir / still.file_name).is_file() for still in found.key_frames)
    assert shown == sorted(shown)
    assert shown[-1] > 0.8


def test_a_refusal_keeps_its_code_and_words(work_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("no film at all " * 100)
    failure = failure_of(tmp_path / "film.mp4", work_dir)
    assert failure.code is FailureCode.UNREADABLE_VIDEO
    assert failure.detail.endswith("Found: a text file")


def test_a_worker_that_takes_too_long_is_stopped(film: Path, work_dir: Path) -> None:
    failure = failure_of(film, work_dir, time_limit_s=0.05)
    assert failure.code is FailureCode.UNREADABLE_VIDEO
    assert "still reading after 0.05 s" in failure.detail
    assert not [child for child in psutil.Process().children() if "functions.prepare.worker" in child.cmdline()]


def test_a_worker_that_eats_the_processor_is_stopped_by_the_system(work_dir: Path, tmp_path: Path) -> None:
    long_film = write_film(tmp_path / "long.mp4", still(900, rate=1), rate=1)
    failure = failure_of(long_film, work_dir, JOB.model_copy(update={"cpu_s": 1}))
    assert failure.code is FailureCode.UNREADABLE_VIDEO
    assert "signal SIG" in failure.detail


def test_a_worker_that_wants_too_much_memory_is_unreadable_not_fatal(work_dir: Path, tmp_path: Path) -> None:
    huge = np.kron(pattern(), np.ones((22, 22, 1), np.uint8))
    film = write_film(tmp_path / "huge.mp4", [huge] * 6, rate=1)
    failure = failure_of(film, work_dir, JOB.model_copy(update={"memory_bytes": 300 * 1024**2}))
    assert failure.code is FailureCode.UNREADABLE_VIDEO


def test_a_worker_cannot_write_more_than_it_may(film: Path, work_dir: Path) -> None:
    failure_of(film, work_dir, JOB.model_copy(update={"file_bytes": 500}))
    assert all(path.stat().st_size <= 500 for path in work_dir.iterdir() if path.suffix == ".jpg")


def test_the_worker_sees_none_of_our_secrets(film: Path, work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/secret.json")
    seen: list[str] = []

    def look(_: float) -> None:
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "functions.prepare.worker" in child.cmdline():
                    seen.extend(child.environ())

    measure_apart(film, work_dir, JOB, time_limit_s=60.0, progress=look)
    assert "PYTHONPATH" in seen
    assert not {"DATABASE_URL", "GOOGLE_APPLICATION_CREDENTIALS"} & set(seen)


def test_a_worker_that_cannot_start_is_our_fault_not_the_uploads(
    film: Path, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="the worker is expected to start"):
        measure_apart(film, work_dir, JOB, time_limit_s=20.0)


@pytest.mark.parametrize(
    "said",
    [
        b"not json\n",
        b'{"progress": "much"}\n',
        b'{"progress": 7}\n',
        b"[]\n",
        b'{"result": {"media": {}}}\n',
        b'{"refused": {"code": "hacked", "detail": ""}}\n',
    ],
)
def test_an_answer_that_is_none_is_not_believed(said: bytes) -> None:
    listener = Listener(lambda _: None)
    listener.listen(io.BytesIO(b'{"progress": 0.1}\n' + said))
    assert listener.ready
    assert listener.last is None
    assert listener.nonsense


def test_a_worker_that_never_stops_talking_is_not_listened_to_for_ever() -> None:
    listener = Listener(lambda _: None)
    line = b'{"progress": 0.5}' + b" " * 100_000 + b"\n"
    listener.listen(io.BytesIO(line * (MAX_ANSWER_BYTES // len(line) + 10)))
    assert listener.last is None


def test_the_worker_dies_with_whoever_it_started(film: Path, work_dir: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        measure_apart(film, work_dir, JOB, time_limit_s=60.0)
        assert process.poll() is None  # other sessions are left alone
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
