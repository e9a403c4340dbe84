"""`moment coach` as a user types it: a process of its own, its files, its exit codes, nothing left running."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.cloud import EmbeddedCloud
from local.coaching import Order, give_lesson
from local.record import session_record
from tests.end_to_end.conftest import small_pictures
from tests.end_to_end.videos import sound_only

MOMENT = [sys.executable, "-m", "local.command.main"]


def moment(*arguments: str | Path, timeout_s: float = 280) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end."""
    return subprocess.run(
        [*MOMENT, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=timeout_s
    )


def left_running(home: Path) -> list[str]:
    """Processes that still have to do with this home."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "environ"]):
        words = " ".join(process.info["cmdline"] or [])
        environment = process.info["environ"] or {}
        if str(home) in words or str(home) in environment.get("GOOGLE_APPLICATION_CREDENTIALS", ""):
            found.append(words)
    return found


def read(path: Path) -> dict[str, Any]:
    """A JSON file."""
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


@pytest.mark.timeout(600)
def test_a_video_becomes_a_lesson_and_the_second_session_knows_the_first(clip: Path, tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    first = moment(
        "coach", clip, "--name", "花子", "--ratings", "3,4,2,3", "--home", home, "--out", out / "1", "--json"
    )
    assert first.returncode == 0, first.stderr
    printed = json.loads(first.stdout)
    assert printed == read(out / "1" / "session.json")
    assert {file.name for file in (out / "1").iterdir()} == {
        "coaching.txt",
        "coaching_video.mp4",
        "captions.vtt",
        "poster.jpg",
        "session.json",
    }
    text = (out / "1" / "coaching.txt").read_text(encoding="utf-8")
    assert text.splitlines()[0].endswith("チャーハン 第1回セッション")
    assert "花子さん" in text

    assert left_running(home) == []
    with EmbeddedCloud(home, workflow=small_pictures()) as cloud:
        order = Order(video=clip, dish="fried-rice", first_name="花子")
        second = give_lesson(cloud, order, lambda _: None)
        record = session_record(cloud.services.database, cloud.services.chat, second.session.id)
    assert record["session"]["session_number"] == 2
    assert [summary["session_number"] for summary in record["learner_state"]["session_summaries"]] == [1, 2]
    assert record["session"]["status"] == "completed"


def test_a_refused_video_says_why_in_two_languages_and_leaves_no_older_results(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "coaching.txt").write_text("of an earlier lesson")
    (tmp_path / "out" / "notes.txt").write_text("the cook's own")
    refused = moment("coach", sound_only(tmp_path / "video.mp4"), "--home", home, "--out", tmp_path / "out")
    assert refused.returncode == 3
    assert "動画を読み取ることができませんでした" in refused.stdout
    assert "The video cannot be read" in refused.stdout
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"notes.txt", "session.json"}
    assert left_running(home) == []


@pytest.mark.parametrize(
    ("arguments", "japanese", "english"),
    [
        (["no-such-file.mp4"], "動画のファイルが見つかりません", "Found: no-such-file.mp4"),
        (["VIDEO", "--dish", "ramen"], "まだレッスンにありません", "Expected one of: fried-rice"),
        (["VIDEO", "--ratings", "3,4,2"], "数字を四つ", "Found: 3,4,2"),
        (["VIDEO", "--ratings", "3,4,2,6"], "数字を四つ", "Found: 3,4,2,6"),
        (["VIDEO", "--ratings", "a,b,c,d"], "数字を四つ", "Found: a,b,c,d"),
        (["VIDEO", "--memo", "missing.txt"], "メモのファイルが見つかりません", "Found: missing.txt"),
        (["VIDEO", "--memo-text", "あ" * 2001], "二千文字", "2001 characters"),
        (["VIDEO", "--memo", "VIDEO", "--memo-text", "どうも"], "どちらかひとつ", "not both"),
        (["VIDEO", "--name", ""], "お名前", "1 to 100 characters"),
        (["VIDEO", "--dish", "free-dish"], "料理の名前", "--dish-name"),
        (["--ratings", "9,9,9,9"], "数字を四つ", "Found: 9,9,9,9"),
        (["VIDEO", "--out", "VIDEO"], "書き出すフォルダー", "is no folder"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_started(
    tmp_path: Path, arguments: list[str], japanese: str, english: str
) -> None:
    video = tmp_path / "video.mp4"
    video.write_bytes(b"never looked at")
    given = [str(video) if word == "VIDEO" else word for word in arguments]
    told = moment("coach", *given, "--home", tmp_path / "home")
    shown = told.stdout.replace("\n", "")
    assert told.returncode == 2, told.stderr
    assert japanese in shown
    assert english in shown
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(("name", "content"), [("empty.mp4", b""), ("video.txt", b"words")])
def test_files_no_phone_would_send_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    refused = moment("coach", tmp_path / name, "--home", tmp_path / "home")
    assert refused.returncode == 3


@pytest.fixture
def heeded_ctrl_c() -> None:
    """A background job of a shell ignores SIGINT, and so would every process it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.usefixtures("heeded_ctrl_c")
def test_ctrl_c_leaves_nothing_running_and_the_session_goes_on_afterwards(clip: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    running = subprocess.Popen(
        [*MOMENT, "coach", str(clip), "--home", str(home)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert running.stdout is not None
    for line in running.stdout:
        if "analyze" in line or "prepare" in line:
            break
    running.send_signal(signal.SIGINT)
    shown = running.stdout.read()
    assert running.wait(60) == 130
    assert "Stopped; nothing is left running" in shown
    give_up_at = time.monotonic() + 10
    while left_running(home) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    assert left_running(home) == []
    listed = moment("session", "list", "--home", home)
    assert listed.returncode == 0


def test_a_home_in_use_names_its_holder(clip: Path, tmp_path: Path) -> None:
    from local.home import Home

    with Home(tmp_path / "home"):
        told = moment("coach", clip, "--home", tmp_path / "home")
    assert told.returncode == 1
    assert f"process {os.getpid()}" in told.stdout.replace("\n", " ")


def test_help_teaches() -> None:
    told = moment("coach", "--help")
    assert told.returncode == 0
    for word in ("--dish", "--memo", "--ratings", "--home", "--json", "Exit code"):
        assert word in told.stdout
