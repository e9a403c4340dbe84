"""Captions and their timing."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.captions import Caption, caption_sentence, plan_captions, web_vtt
from functions.render.fonts import bold
from functions.render.order import VoicedSentence
from functions.render.sound.pauses import Pause, find_pauses
from functions.render.timeline import plan_timeline
from functions.speak.sentences import split_sentences
from functions.speak.voice import synthesise

LONG = "野菜から出る水分よりも、蒸発する水分のほうが多ければ、鍋の中は乾いた状態に保たれ、香ばしい焼き色がつきます。"
SCRIPT = (
    (
        "part1",
        "さとうさん、いい手つきでした。"
        + LONG
        + "けれども、冷蔵庫から出してすぐの野菜を、温まりきっていない鍋に入れていましたね。",
    ),
    ("pivot", "動画を使ってそのポイントを見てみましょう"),
    (
        "part2",
        "ここで、卵が鍋に触れた瞬間の音に耳をすませてください。「もう少し」と思ったところで、ぐっと待ちましょう。",
    ),
)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> list[VoicedSentence]:
    """The script, really spoken; the first part twice, so that the whole is long enough for a video."""
    directory = tmp_path_factory.mktemp("voice")
    sentences: list[VoicedSentence] = []
    for part, text in (SCRIPT[0], *SCRIPT):
        for sentence in split_sentences(text):
            recording = synthesise(sentence)
            wav = directory / f"{len(sentences)}.wav"
            wav.write_bytes(recording.wav())
            sentences.append(
                VoicedSentence.model_validate(
                    {"part": part, "text": sentence, "wav": wav, "duration_s": recording.duration_s}
                )
            )
    return sentences


@pytest.fixture(scope="module")
def captions(spoken: list[VoicedSentence]) -> list[Caption]:
    return plan_captions(spoken, plan_timeline(spoken, pause_s=0.45, outro_s=24))


def test_captions_have_at_most_two_lines_of_sixteen(captions: list[Caption]) -> None:
    assert all(1 <= len(caption.lines) <= 2 for caption in captions)
    assert all(bold().width(line) <= 16 for caption in captions for line in caption.lines)


def test_captions_say_everything_that_is_said(captions: list[Caption], spoken: list[VoicedSentence]) -> None:
    shown = "".join("".join(caption.lines) for caption in captions)
    assert shown == "".join(sentence.text for sentence in spoken)


def test_captions_follow_each_other_without_overlap(captions: list[Caption]) -> None:
    assert all(caption.start_s < caption.end_s for caption in captions)
    assert all(before.end_s <= after.start_s for before, after in pairwise(captions))


def test_captions_begin_and_end_with_the_voice(captions: list[Caption], spoken: list[VoicedSentence]) -> None:
    timeline = plan_timeline(spoken, pause_s=0.45, outro_s=24)
    sound_at = np.zeros(round(timeline.duration_s * 100) + 1, dtype=bool)
    for cue in timeline.cues:
        sound_at[round(cue.start_s * 100) : round(cue.end_s * 100)] = True
        for pause in find_pauses(spoken[cue.index].wav):
            sound_at[round((cue.start_s + pause.start_s) * 100) : round((cue.start_s + pause.end_s) * 100)] = False
    changes = np.flatnonzero(np.diff(sound_at.astype(int)))
    starts = [change / 100 for change in changes if sound_at[change + 1]]
    ends = [change / 100 for change in changes if not sound_at[change + 1]]
    for caption in captions:
        assert min(abs(caption.start_s - start) for start in starts) <= 0.15
        assert min(abs(caption.end_s - end) for end in ends) <= 0.15


def test_caption_changes_at_the_pause_of_its_comma() -> None:
    timed = caption_sentence(LONG, 9.7, [Pause(1.74, 2.21), Pause(4.52, 4.98), Pause(7.41, 7.98)])
    assert [caption.lines for caption in timed] == [
        ["野菜から出る水分よりも、", "蒸発する水分のほうが多ければ、"],
        ["鍋の中は乾いた状態に保たれ、", "香ばしい焼き色がつきます。"],
    ]
    assert [(caption.start_s, caption.end_s) for caption in timed] == [(0.0, 4.52), (4.98, 9.7)]


def test_pause_at_a_bracket_is_not_taken_for_a_comma() -> None:
    text = "「もう少し」と思ったところで、鍋肌からうっすらと煙が上がるまで、ぐっとこらえてください。"
    timed = caption_sentence(text, 8.0, [Pause(0.66, 1.18), Pause(2.28, 2.78), Pause(5.4, 5.9)])
    assert [caption.start_s for caption in timed[1:]] in ([2.78], [5.9], [2.78, 5.9])


def test_clause_without_a_pause_is_shared_out_by_its_morae() -> None:
    text = "油がさらっと広がって鍋肌からうっすらと白い煙が立ちのぼりはじめたその瞬間に溶き卵を入れてください。"
    timed = caption_sentence(text, 8.0, [])
    assert "".join("".join(caption.lines) for caption in timed) == text
    assert len(timed) >= 2
    assert all(before.end_s == after.start_s for before, after in pairwise(timed))


@given(
    st.text(alphabet="あいう漢字カー、。「」っゃ", min_size=1, max_size=120).filter(
        lambda text: text.strip("、。「」ー")
    ),
    st.lists(st.floats(0.3, 7.5), max_size=5, unique=True),
)
def test_any_sentence_is_captioned_in_order_within_its_time(text: str, pause_starts: list[float]) -> None:
    pauses = [Pause(start, start + 0.2) for start in sorted(pause_starts)]
    pauses = [pause for pause, after in pairwise([*pauses, Pause(9, 9)]) if pause.end_s < after.start_s]
    timed = caption_sentence(text, 8.0, pauses)
    assert "".join("".join(caption.lines) for caption in timed).replace(" ", "") == text
    assert timed[0].start_s == 0
    assert timed[-1].end_s == 8.0
    assert all(caption.start_s <= caption.end_s for caption in timed)
    assert all(before.end_s <= after.start_s for before, after in pairwise(timed))


def test_vtt_holds_times_and_harmless_text() -> None:
    caption = Caption(start_s=61.5, end_s=63.25, lines=["<b>油&水</b>", "二行目"])
    assert web_vtt([caption]) == ("WEBVTT\n\n1\n00:01:01.500 --> 00:01:03.250\n&lt;b&gt;油&amp;水&lt;/b&gt;\n二行目\n")


def test_pauses_are_found_where_the_voice_is_silent(tmp_path: Path) -> None:
    recording = synthesise("鍋を温めて、卵を入れます。")
    path = tmp_path / "s.wav"
    path.write_bytes(recording.wav())
    pauses = find_pauses(path)
    assert len(pauses) == 1
    middle = recording.samples[round((pauses[0].start_s + 0.05) * 48_000) : round((pauses[0].end_s - 0.05) * 48_000)]
    assert np.abs(middle).max() < 400
