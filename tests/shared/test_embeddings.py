import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.embeddings import HASHED_NGRAMS, HashedNgrams, UnknownEmbeddingModel, embedder_named

EXPECTED = {13: 0.0115, 93: 0.0115, 227: 0.5772, 276: -0.0115, 320: 0.0115, 537: 0.5772, 725: -0.5772}


def characters(text: str) -> Counter[str]:
    """A plain way to take a text apart."""
    return Counter(text)


def similarity(one: str, other: str, embedder: HashedNgrams) -> float:
    first, second = embedder.embed([one, other])
    return sum(a * b for a, b in zip(first, second, strict=True))


@given(st.text(min_size=1))
def test_every_text_with_terms_has_a_vector_of_unit_length(text: str) -> None:
    [vector] = HashedNgrams(characters).embed([text])
    assert len(vector) == 768
    assert math.isclose(math.hypot(*vector), 1.0, rel_tol=1e-9)


def test_a_text_that_says_nothing_has_the_zero_vector() -> None:
    assert not any(HashedNgrams(characters).embed([""])[0])


def test_the_vector_of_a_text_is_the_same_on_every_machine() -> None:
    # Another vector under the same model id would be compared with stored ones: a change here needs a new id.
    [vector] = HashedNgrams(characters).embed(["火加減 pan"])
    assert HASHED_NGRAMS == "hashed-ngrams-1"
    assert {place: round(value, 4) for place, value in enumerate(vector) if value} == EXPECTED


def test_texts_that_share_words_are_nearer_than_others() -> None:
    embedder = HashedNgrams(characters)
    assert similarity("鍋が冷たい", "冷たい鍋", embedder) > similarity("鍋が冷たい", "塩を振る", embedder)


def test_latin_slugs_do_not_drown_a_japanese_problem() -> None:
    embedder = HashedNgrams(characters)
    assert similarity("鍋が冷たい", "鍋が冷たい preheat-the-pan, give-food-room", embedder) > 0.99


def test_texts_are_embedded_in_order() -> None:
    embedder = HashedNgrams(characters)
    assert embedder.embed(["塩", "水"]) == [*embedder.embed(["塩"]), *embedder.embed(["水"])]


def test_the_embedded_default_goes_by_its_name() -> None:
    assert embedder_named(HASHED_NGRAMS).model == HASHED_NGRAMS


def test_an_unknown_model_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnknownEmbeddingModel, match=r"expected one of: hashed-ngrams-1\. Found: 'word2vec'"):
        embedder_named("word2vec")
