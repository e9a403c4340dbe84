"""How messages are laid out: Japanese lines on a terminal, unbroken plain lines elsewhere."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from local.command.terminal import _UNIT, new_table, open_console, wrapped

LESSON = "Q. 次はどうすればいいですか？\nA. いまの時点では、お答えできる手がかりが足りませんので、また聞いてください。"


def test_an_answer_begins_on_the_line_of_its_letter() -> None:
    lines = wrapped(LESSON, 30).split("\n")
    assert lines[0] == "Q. 次はどうすればいいですか？"
    assert lines[1].startswith("A. いまの時点では")


def test_no_line_begins_with_a_full_stop_or_ends_with_an_opening_bracket() -> None:
    assert wrapped("焼ける音がします。「はい」", 16) == "焼ける音がしま\nす。「はい」"
    assert wrapped("音を聞いて「じゅわ」と", 12) == "音を聞いて\n「じゅわ」と"


def test_latin_words_stay_whole() -> None:
    assert wrapped("see lessons/fried-rice-1 now", 12).split("\n") == ["see", "lessons/fried-rice-1", "now"]


@given(st.text(alphabet="火力を、。「」ーっ aB.\n🍳", max_size=80), st.integers(min_value=12, max_value=60))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    result = wrapped(text, width)
    assert result.replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")
    for line in result.split("\n"):
        assert cell_len(line) <= width or len(_UNIT.findall(line)) == 1


def test_a_pipe_gets_no_frames_no_colours_and_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    console = open_console()
    table = new_table(console, "slug", "name")
    table.add_row("a" * 200, "[red]チャーハン[/]")
    console.print(table)
    shown = capsys.readouterr().out
    assert "a" * 200 in shown
    assert "\x1b" not in shown
    assert not set("┏━│─╭") & set(shown)


def test_a_terminal_gets_a_frame() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=40)
    table = new_table(console, "slug")
    table.add_row("a")
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    assert "┃" in console.file.getvalue()
