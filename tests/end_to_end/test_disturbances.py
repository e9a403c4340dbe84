"""What goes wrong on the way: programs killed in the middle, events that come again and again, a disk that is full."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.cloud import EmbeddedCloud
from local.coaching import Order, Update, give_again, give_lesson
from local.record import session_record
from shared.database import runs
from shared.models.session import FailureCode, RunStatus, SessionStatus
from tests.end_to_end.conftest import Give, small_pictures
from tests.end_to_end.test_command import left_running, moment

RENDER_WITHIN_S = 120.0


def ffmpeg_of(home: Path) -> psutil.Process | None:
    """The FFmpeg that encodes for this home at this moment."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if not (process.info["name"] or "").startswith("ffmpeg") or "libx264" not in (process.info["cmdline"] or []):
            continue
        try:
            parents = [process, *process.parents()]
            if any(str(home) in each.environ().get("GOOGLE_APPLICATION_CREDENTIALS", "") for each in parents):
                return process
        except psutil.Error:
            continue
    return None


def kill_renders(home: Path, times: int, killed: list[int]) -> threading.Thread:
    """Kill the next `times` FFmpeg processes of this home as they appear."""

    def watch() -> None:
        give_up_at = time.monotonic() + RENDER_WITHIN_S
        while len(killed) < times and time.monotonic() < give_up_at:
            process = ffmpeg_of(home)
            if process is not None and process.pid not in killed:
                process.kill()
                killed.append(process.pid)
            time.sleep(0.05)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_an_ffmpeg_that_is_killed_is_started_again(give: Give, cloud: EmbeddedCloud, clip: Path) -> None:
    killed: list[int] = []
    kill_renders(cloud.home.directory, 1, killed)
    lesson = give(clip, dish="beef-steak")
    assert len(killed) == 1
    assert (lesson.session.status, lesson.failure) == (SessionStatus.COMPLETED, None)
    assert [message.metadata.type for message in lesson.messages if message.video_path].count("coaching_video") == 1


def test_a_render_that_fails_twice_leaves_the_text_and_can_be_made_later(
    give: Give, cloud: EmbeddedCloud, clip: Path
) -> None:
    killed: list[int] = []
    thread = kill_renders(cloud.home.directory, 2, killed)
    lesson = give(clip, dish="ginger-pork")
    thread.join(RENDER_WITHIN_S)
    assert len(killed) == 2
    assert (lesson.session.status, lesson.failure) == (SessionStatus.TEXT_READY, FailureCode.RENDER_FAILED)
    assert [message.metadata.type for message in lesson.messages] == ["cooking_video", "coaching_ready", "notice"]
    assert ffmpeg_of(cloud.home.directory) is None

    again = give_again(cloud, lesson.session.id, "render", lambda _: None)
    assert (again.session.status, again.failure) == (SessionStatus.COMPLETED, None)
    types = [message.metadata.type for message in again.messages]
    assert types == ["cooking_video", "coaching_ready", "notice", "coaching_video"]
    record = session_record(cloud.services.database, cloud.services.chat, lesson.session.id)
    attempts = {stage["stage"]: stage["attempts"] for stage in record["stages"] if stage["stage"] != "deliver"}
    assert attempts.pop("render") == 3
    assert set(attempts.values()) == {1}


def test_a_database_that_is_killed_in_the_middle_of_a_stage_costs_nothing(
    cloud: EmbeddedCloud, give: Give, clip: Path
) -> None:
    struck: list[str] = []

    class Striker(list[Update]):
        """Kills Postgres when `speak` has begun."""

        def append(self, update: Update) -> None:
            if update.view is not None and update.view.stage == "speak" and not struck:
                struck.append("speak")
                pid = cloud.postgres.pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)

    lesson = give(clip, dish="carbonara", updates=Striker())
    assert struck == ["speak"]
    assert (lesson.session.status, lesson.failure) == (SessionStatus.COMPLETED, None)
    coaching = [message.id for message in lesson.messages if message.metadata.type.startswith("coaching")]
    assert len(coaching) == len(set(coaching)) == 2


def test_twenty_shuffled_deliveries_of_one_upload_make_one_run_one_text_one_video(clip: Path, tmp_path: Path) -> None:
    with EmbeddedCloud(tmp_path / "home", workflow=small_pictures(), duplicate_events=20, shuffle_events=7) as cloud:
        order = Order(video=clip, dish="fried-rice", first_name="花子")
        lesson = give_lesson(cloud, order, lambda _: None)
        record = session_record(cloud.services.database, cloud.services.chat, lesson.session.id)
        with cloud.services.database.transaction() as connection:
            stored = runs.of_session(connection, lesson.session.id)
    assert [run.status for run in stored] == [RunStatus.SUCCEEDED]
    types = [message.metadata.type for message in lesson.messages]
    assert sorted(types) == ["coaching_ready", "coaching_video", "cooking_video"]
    worked = [stage["stage"] for stage in record["stages"]]
    assert sorted(set(worked) - {"deliver"}) == sorted(each for each in worked if each != "deliver")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a file system of so many MiB, where that is allowed."""
    mounted: list[Path] = []

    def mount(size_mib: int) -> Path:
        place = tmp_path / f"disk-{size_mib}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(place)],  # noqa: S607  # found on PATH
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"mounting is not allowed here: {done.stderr.decode().strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=False)  # noqa: S607  # found on PATH


@pytest.mark.parametrize("size_mib", [8, 60])
def test_a_full_disk_is_named_and_nothing_stays(
    small_disk: Callable[[int], Path], clip: Path, tmp_path: Path, size_mib: int
) -> None:
    home = small_disk(size_mib) / "home"
    filler = home.parent / "filler"
    if size_mib > 8:  # room to start, none to work
        assert moment("session", "list", "--home", home).returncode == 0
        free = psutil.disk_usage(str(home)).free
        filler.write_bytes(b"\0" * max(0, free - 100_000))
    told = moment("coach", clip, "--home", home, "--out", tmp_path / "out")
    assert told.returncode == 1
    assert "空き容量が足りません" in told.stdout.replace("\n", "")
    assert "The disk is full" in told.stdout.replace("\n", " ")
    assert left_running(home) == []
