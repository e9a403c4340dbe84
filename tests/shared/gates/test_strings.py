"""Every string of the golden set gets the verdict it must get, gate by gate."""

import pytest

from tests.evals.gates import REFUSES, read_strings

STRINGS = read_strings()


@pytest.mark.parametrize("gate", sorted(STRINGS))
def test_a_gate_refuses_what_it_must(gate: str) -> None:
    assert [text for text in STRINGS[gate].refuse if not REFUSES[gate](text)] == []


@pytest.mark.parametrize("gate", sorted(STRINGS))
def test_a_gate_accepts_what_it_must(gate: str) -> None:
    assert [(text, REFUSES[gate](text)) for text in STRINGS[gate].accept if REFUSES[gate](text)] == []


@pytest.mark.parametrize("gate", ["no_measurement", "kind_words", "no_leakage", "no_links", "no_markup", "japanese"])
def test_a_gate_that_looks_for_words_lets_every_sentence_of_a_good_lesson_pass(gate: str) -> None:
    good = ("one_action", "sensory_cue", "reason", "warm_endings", "refers_back", "specific", "no_sound_claim")
    sentences = [text for other in good for text in STRINGS[other].accept]
    assert [(text, REFUSES[gate](text)) for text in sentences if REFUSES[gate](text)] == []


def test_the_sentences_the_product_is_judged_by() -> None:
    refuses = REFUSES["no_measurement"]
    assert refuses("油を2倍に増やす")
    assert not refuses("もう一度同じ音がするまで待ちましょう")
