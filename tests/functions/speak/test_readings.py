"""What the voice is given to read."""

import pytest

from functions.speak.readings import Pronunciation
from knowledge_base.models import Reading

LEXICON = [
    Reading(written="鶏", reading="トリ"),
    Reading(written="鶏もも肉", reading="トリモモニク"),
    Reading(written="強火", reading="ツヨビ"),
]


def test_longest_written_form_wins() -> None:
    assert Pronunciation(LEXICON).of("鶏もも肉と鶏を強火で") == "トリモモニクとトリをツヨビで"


def test_name_is_read_by_its_reading_where_the_cook_is_addressed() -> None:
    pronunciation = Pronunciation(LEXICON, name="恵", name_reading="めぐみ")
    assert pronunciation.of("恵さん、知恵を絞りましたね。") == "めぐみさん、知恵を絞りましたね。"


@pytest.mark.parametrize("reading", [None, "", "Megumi", "めぐみ{x}", "めぐみ。さようなら"])
def test_anything_but_kana_is_no_reading(reading: str | None) -> None:
    assert Pronunciation([], name="恵", name_reading=reading).of("恵さん") == "恵さん"


def test_name_may_hold_any_characters() -> None:
    pronunciation = Pronunciation(LEXICON, name="(.*)[", name_reading="てんてん")
    assert pronunciation.of("(.*)[さん、強火で。") == "てんてんさん、ツヨビで。"


def test_without_lexicon_and_name_the_text_stays() -> None:
    assert Pronunciation([]).of("鍋を振ります。") == "鍋を振ります。"
