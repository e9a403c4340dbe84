"""The sentence grammar: what is chosen, what is never chosen, and that every pattern file fits the lessons."""

from collections import Counter

import pytest

from shared.gates.voice import sound_words
from shared.lesson.grammar import Choices, Grammar, load_grammar
from shared.lesson.material import HEARD, material_of
from shared.models.analysis import Sign
from tests.shared.lesson.builders import make_lesson


def test_slots_are_filled_with_symbols_and_material() -> None:
    grammar = Grammar({"greeting": ["{name}さん、{time}。"], "time": ["こんばんは"]})
    assert grammar.sentence("greeting", {"name": ["花子"]}, Choices("any")) == "花子さん、こんばんは。"


def test_the_same_seed_says_the_same_and_another_seed_something_else() -> None:
    grammar = Grammar({"line": ["{a}{b}。"]})
    material = {"a": [str(number) for number in range(30)], "b": [chr(97 + number) for number in range(26)]}
    said = [grammar.sentence("line", material, Choices(seed)) for seed in ("one", "one", "two")]
    assert said[0] == said[1] != said[2]


def test_an_alternative_whose_material_is_missing_is_never_chosen() -> None:
    grammar = Grammar({"line": ["{heard}音です。", "色です。", "{nothing}"], "nothing": ["{heard}"]})
    assert {grammar.sentence("line", {"heard": []}, Choices(str(seed))) for seed in range(20)} == {"色です。"}


def test_without_any_material_the_grammar_says_so() -> None:
    grammar = Grammar({"line": ["{heard}音です。"]})
    assert grammar.count("line", {}) == 0
    with pytest.raises(LookupError, match="no pattern of 'line'"):
        grammar.sentence("line", {}, Choices("any"))


def test_alternatives_are_as_likely_as_what_they_can_say_is_varied() -> None:
    grammar = Grammar({"line": ["{rich}", "{poor}"], "rich": [str(number) for number in range(9)], "poor": ["x"]})
    said = Counter(grammar.sentence("line", {}, Choices(str(seed))) == "x" for seed in range(600))
    assert 30 <= said[True] <= 95  # one in ten


def test_nothing_is_said_twice_before_everything_was_said_once() -> None:
    choices = Choices("any")
    grammar = Grammar({"line": ["a", "b", "c"]})
    assert {grammar.sentence("line", {}, choices) for _ in range(3)} == {"a", "b", "c"}


def test_a_symbol_made_of_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="expected no symbol made of itself"):
        Grammar({"line": ["{more}"], "more": ["{line}"]})


@pytest.mark.parametrize("name", ["coach", "narrate", "safe", "progress"])
def test_every_slot_of_a_pattern_file_is_something_lessons_bring(name: str) -> None:
    brought = set(material_of(make_lesson())) | {"corpus_line"}
    assert load_grammar(name).slots() <= brought


@pytest.mark.parametrize("name", ["coach", "narrate"])
def test_no_symbol_has_the_name_of_material(name: str) -> None:
    assert not set(load_grammar(name).rules) & set(material_of(make_lesson()))


def test_every_sign_has_words_and_only_those_of_hearing_speak_of_sound() -> None:
    clauses = load_grammar("signs").rules
    assert set(clauses) == {sign.value for sign in Sign}
    for sign in Sign:
        speaks_of_sound = [clause for clause in clauses[sign.value] if sound_words(clause)]
        assert bool(speaks_of_sound) == (sign in HEARD), sign
        assert all(clause.endswith(("た", "だ")) for clause in clauses[sign.value])
