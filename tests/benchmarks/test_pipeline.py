"""How much time the embedded pipeline itself takes on the way to the text: everything but the stages' own work.

uv run pytest -m benchmark tests/benchmarks/test_pipeline.py -s
"""

import statistics
import time
from pathlib import Path

import pytest

from local.cloud import WORKFLOW, EmbeddedCloud
from local.coaching import Order, Update, give_lesson
from local.record import session_record
from tests.clips.film import film
from tests.clips.stories import story_of

DISHES = ("fried-rice", "pomodoro", "omurice", "ginger-pork", "carbonara", "hamburg-steak")
"""One session each; the first warms everything up and is not counted."""
ALLOWED_S = 1.0


def lesson_to_text(cloud: EmbeddedCloud, clip: Path, dish: str) -> tuple[float, float]:
    """Seconds from the end of the upload to the text, and how many of them are the stages' own work (longest path)."""
    sent_at = text_at = 0.0

    def hear(update: Update) -> None:
        nonlocal sent_at, text_at
        if update.upload_fraction == 1.0:
            sent_at = time.monotonic()
        if update.message_id is not None and update.message_id.endswith("-text"):
            text_at = time.monotonic()

    order = Order(
        video=clip,
        dish=dish,
        first_name="花子",
        memo_text="火が強すぎたかもしれません。次はどうすればいいですか？",
    )
    lesson = give_lesson(cloud, order, hear)
    record = session_record(cloud.services.database, cloud.services.chat, lesson.session.id)
    own = {stage["stage"]: stage["cost"]["wall_s"] for stage in reversed(record["stages"])}
    work = own["prepare"] + max(own["analyze"], own["transcribe"]) + own["retrieve"] + own["coach"] + own["deliver"]
    return text_at - sent_at, work


@pytest.mark.benchmark
@pytest.mark.timeout(900)
def test_orchestration_overhead_to_the_text(tmp_path: Path) -> None:
    clip = film(story_of(20062), tmp_path)
    text_only = WORKFLOW.read_text(encoding="utf-8").replace("make_video: true", "make_video: false")
    with EmbeddedCloud(tmp_path / "home", workflow=text_only) as cloud:
        measured = [lesson_to_text(cloud, clip, dish) for dish in DISHES][1:]
    overheads = [total - work for total, work in measured]
    print("\nto the text, seconds        total   stages' work   overhead")  # the table is what it is for
    for total, work in measured:
        print(f"{'':24}{total:9.3f}{work:15.3f}{total - work:11.3f}")
    print(f"{'median':24}{'':9}{'':15}{statistics.median(overheads):11.3f}")
    assert statistics.median(overheads) <= ALLOWED_S
