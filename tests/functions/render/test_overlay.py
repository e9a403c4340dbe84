"""What is drawn over the picture, as a script and as pixels."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from functions.render import fonts
from functions.render.captions import Caption
from functions.render.ffmpeg_binary import ffmpeg_binary
from functions.render.overlay import look
from functions.render.overlay.ass import LANDSCAPE, PORTRAIT, Canvas, Script, TextStyle
from functions.render.overlay.card import draw_card
from functions.render.overlay.scenes import draw_captions, draw_title
from functions.render.typesetting.lines import printable

HOSTILE = ["{\\p1}m 0 0 l 9 9", "a\\N{\\b1}b", "\nDialogue: 0,0:00:00.00,0:09:00.00,Plain,,0,0,0,,x", "}{", "\\"]


def drawn(script: Script, at_s: float, directory: Path) -> NDArray[np.uint8]:
    """The luma of the overlay on a plain picture of the canvas's size."""
    (directory / "overlay.ass").write_text(str(script), encoding="utf-8")
    if not (directory / "fonts").exists():
        (directory / "fonts").symlink_to(fonts.DIRECTORY)
    size = f"{script.canvas.width}x{script.canvas.height}"
    graph = (
        f"color=c=0x5A5A5A:s={size}:d=1,format=gray,setpts=PTS+{at_s}/TB,format=yuv420p,ass=overlay.ass:fontsdir=fonts"
    )
    arguments = (
        "-nostdin",
        "-v",
        "error",
        "-filter_complex",
        graph,
        "-frames:v",
        "1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
    )
    run = subprocess.run([ffmpeg_binary(), *arguments, "-"], cwd=directory, capture_output=True, check=True)
    return np.frombuffer(run.stdout, dtype=np.uint8).reshape(script.canvas.height, script.canvas.width)


def extent(picture: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what differs from the plain picture."""
    changed = np.abs(picture.astype(int) - int(picture[2, 2])) > 12
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


@pytest.mark.parametrize("name", HOSTILE)
def test_names_cannot_become_commands(name: str) -> None:
    script = Script(LANDSCAPE)
    draw_title(script, name, 1)
    draw_card(script, dish=name, session_number=1, next_action=name * 3, success_sign=name * 3, seen=(0, 9))
    events = [line for line in str(script).splitlines() if line.startswith("Dialogue:")]
    for event in events:
        text = event.split(",", 9)[9]
        spoken = re.sub(r"^\{[^{}]*\}", "", text)
        assert "{" not in spoken
        assert "\\" not in spoken
    assert str(script).count("[Events]") == 1


@given(st.text(max_size=60))
@settings(max_examples=50)
def test_any_text_is_one_event_with_one_group_of_tags(words: str) -> None:
    script = Script(LANDSCAPE)
    script.text(words, TextStyle(fonts.bold(), 30, look.INK), at=(9, 9), seen=(0, 1))
    empty = str(Script(LANDSCAPE)).splitlines()
    lines = str(script).splitlines()
    assert len(lines) - len(empty) in (0, 1)  # an empty script ends with an empty line
    assert lines[-1].startswith("Dialogue:")
    assert lines[-1].count("{") == lines[-1].count("}") == 1


@pytest.mark.parametrize("em", [24, 42, 80])
def test_text_is_as_wide_as_the_font_says(em: float, tmp_path: Path) -> None:
    script = Script(LANDSCAPE)
    words = "国国国国国国国国"
    script.text(words, TextStyle(fonts.bold(), em, look.WHITE), at=(640, 360), seen=(0, 9))
    left, top, right, bottom = extent(drawn(script, 1.0, tmp_path))
    assert right - left == pytest.approx(fonts.bold().width(words) * em, abs=0.2 * em)
    assert (left + right) / 2 == pytest.approx(640, abs=3)
    assert (top + bottom) / 2 == pytest.approx(360, abs=0.06 * em + 1)


@pytest.mark.parametrize("canvas", [LANDSCAPE, PORTRAIT])
def test_captions_lie_inside_the_lower_third(canvas: Canvas, tmp_path: Path) -> None:
    script = Script(canvas)
    draw_captions(script, [Caption(start_s=0, end_s=5, lines=["国" * 16, "国" * 16])])
    left, top, right, bottom = extent(drawn(script, 2.0, tmp_path))
    assert left >= 8
    assert right <= canvas.width - 8
    assert top >= canvas.height * 0.66
    assert bottom <= canvas.height * 0.95


@pytest.mark.parametrize("canvas", [LANDSCAPE, PORTRAIT])
@pytest.mark.parametrize("dish", ["鮭", "チャーハン", "ナスとピーマンの味噌炒め", "名前" * 40])
def test_title_lies_inside_the_picture(canvas: Canvas, dish: str, tmp_path: Path) -> None:
    script = Script(canvas)
    draw_title(script, dish, 3)
    picture = drawn(script, 2.0, tmp_path)
    bright = picture > 180
    columns, rows = np.flatnonzero(bright.any(axis=0)), np.flatnonzero(bright.any(axis=1))
    assert columns[0] > 20
    assert columns[-1] < canvas.width - 20
    assert rows[0] > canvas.height * 0.1
    assert rows[-1] < canvas.height * 0.75


@pytest.mark.parametrize("canvas", [LANDSCAPE, PORTRAIT])
@pytest.mark.parametrize("length", [12, 60, 200])
def test_recap_fits_its_card_whatever_its_length(canvas: Canvas, length: int, tmp_path: Path) -> None:
    text = ("鍋からうっすら煙が上がるまで待ってから、溶き卵を一気に流し入れてみましょう。" * 6)[:length]
    script = Script(canvas)
    draw_card(script, dish="チャーハン", session_number=2, next_action=text, success_sign=text, seen=(0, 12))
    picture = drawn(script, 6.0, tmp_path)
    left, top, right, bottom = extent(picture)
    assert left >= 10
    assert right <= canvas.width - 10
    assert top >= 4
    assert bottom <= canvas.height - 4
    card = picture > 225
    assert card.mean() > 0.25


def test_recap_shows_whole_short_texts() -> None:
    script = Script(LANDSCAPE)
    action, sign = "煙が上がるまで待ちましょう。", "じゅわっと音がしたら成功です。"
    draw_card(script, dish="鮭", session_number=1, next_action=action, success_sign=sign, seen=(0, 12))
    assert printable(action) in str(script)
    assert printable(sign) in str(script)
    assert "次回試すこと" in str(script)
    assert "成功のサイン" in str(script)
