import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.wording import Wording, WordingFile, load_wording


@pytest.fixture
def wording() -> Wording:
    return Wording(
        WordingFile(
            synonyms={"鍋": ["フライパン", "なべ"], "焦げ": ["こげ"]},
            kinds={"野菜": ["キャベツ"]},
            fillers=["ました", "ている"],
        )
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("フライパンが熱い", "鍋が熱い"),
        ("ﾌﾗｲﾊﾟﾝが熱い", "なべが熱い"),
        ("こげ", "焦げ"),
        ("パサパサ", "ぱさぱさ"),
        ("Pan", "ｐａｎ"),
    ],
)
def test_the_same_thing_written_otherwise_has_the_same_terms(wording: Wording, one: str, other: str) -> None:
    assert wording.terms(one) == wording.terms(other)


def test_a_thing_is_also_of_its_kind(wording: Wording) -> None:
    assert wording.terms("野菜") <= wording.terms("キャベツ")


def test_terms_are_ideographs_and_pairs(wording: Wording) -> None:
    assert dict(wording.terms("火が弱い")) == {"火": 1, "弱": 1, "火が": 1, "が弱": 1, "弱い": 1}


def test_function_words_cut_a_text_and_are_no_terms(wording: Wording) -> None:
    assert dict(wording.terms("焼いている肉")) == {"焼": 1, "肉": 1, "焼い": 1}


def test_the_longest_form_wins() -> None:
    wording = Wording(WordingFile(synonyms={"焼き色": ["焦げ目"], "焦げ": ["焦げ"]}, kinds={}, fillers=[]))
    assert wording.fold("焦げ目") == "焼き色"


def test_an_empty_wording_folds_nothing() -> None:
    assert Wording(WordingFile(synonyms={}, kinds={}, fillers=[])).fold("フライパン") == "ふらいぱん"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("入れたら焦げた", "魚"),
        ("久しぶりに作った", "魚"),
        ("硬いものから入れる", "根菜"),
        ("うまくいったね", "肉だね"),
        ("火を起こした", "歯ごたえ"),
        ("おなじ皿", "絡"),
    ],
)
def test_grammar_is_not_taken_for_a_kitchen_word(text: str, word: str) -> None:
    assert word not in load_wording().fold(text)


@given(st.text())
def test_any_text_can_be_folded_and_terms_hold_no_markup(text: str) -> None:
    for term in load_wording().terms(text):
        assert 1 <= len(term) <= 2
        assert not set(term) & set("'\\: |&!()<>")
