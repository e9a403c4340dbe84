"""The pieces of sentences of every mistake: there, observable, and silent where they must be."""

import pytest

from knowledge_base.catalogue import load_catalogue
from knowledge_base.fragments import FRAGMENTS, words_about
from knowledge_base.models import MistakeWords
from shared.gates import hygiene
from shared.gates.measurement import measurements
from shared.gates.voice import cold_word, missing_sense, sound_words

CODES = sorted(load_catalogue().mistakes)
MAY_SOUND = {"sound", "success_heard", "listen", "action"}
SENSED = ("success_heard", "success_seen", "result")
LONGEST_BREATH = 30
"""Characters between two 、: with a word before it, a piece still fits two caption lines."""


def test_every_mistake_has_its_words_and_no_file_is_left_over() -> None:
    assert sorted(path.stem for path in FRAGMENTS.glob("*.yaml")) == CODES


@pytest.mark.parametrize("code", CODES)
def test_the_words_of_a_mistake_are_observable_kind_and_plain(code: str) -> None:
    for name, pieces in words_about(code):
        assert len(set(pieces)) == len(pieces), name
        for piece in pieces:
            assert not measurements(piece), piece
            assert cold_word(piece) is None, piece
            assert hygiene.unsafe(piece) == [], piece
            assert name in MAY_SOUND or sound_words(piece) is None, piece
            assert name not in SENSED or missing_sense(piece) is None, piece
            assert name == "action" or max(map(len, piece.split("、"))) <= LONGEST_BREATH, piece


def test_no_two_mistakes_share_a_piece_that_a_lesson_turns_on() -> None:
    for name in ("action", "success_seen", "rule", "effect"):
        pieces = [piece for code in CODES for piece in getattr(words_about(code), name)]
        assert len(set(pieces)) == len(pieces), name


def test_a_code_without_a_file_is_unknown() -> None:
    with pytest.raises(KeyError):
        words_about("not_a_mistake")


def test_a_piece_of_another_form_is_refused() -> None:
    words = words_about("cold_pan_start").model_dump()
    with pytest.raises(ValueError, match="action: expected a piece that ends like"):
        MistakeWords.model_validate({**words, "action": ["鍋を温める", "水を拭いて", "音を待って"]})
