"""Texts as vectors: what stands behind retrieval. Production asks Gemini; the embedded default counts hashed terms.

Vectors are of unit length, so the cosine similarity of two texts is the dot product of their vectors.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol

HASHED_NGRAMS: Final = "hashed-ngrams-1"
"""Model id of `HashedNgrams`. The number rises with every change that gives a text another vector."""
EMBEDDING_DIMENSIONS = 768
"""Of the column `moment.cooking_principles.embedding`."""

Vector = list[float]


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def model(self) -> str:
        """Id of the model; vectors of two models are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector of unit length per text, in order; the zero vector for a text that says nothing."""
        ...


class HashedNgrams:
    """The embedded default: each term of a text adds its weight at a place given by its hash.

    The place and its sign are the term's hash (the hashing trick, Weinberger et al. 2009), so there is no vocabulary to
    keep and the same text has the same vector on every machine.
    """

    model = HASHED_NGRAMS
    dimensions = EMBEDDING_DIMENSIONS

    IDEOGRAPHS_WEIGHT = 1.0
    """Of a term made of ideographs alone: in Japanese they carry the meaning."""
    KANA_WEIGHT = 0.8
    """Of a term with kana in it."""
    LATIN_WEIGHT = 0.02
    """Of a term of Latin letters: in a query they are the slugs of the dish's principles, which must not drown the
    diagnosis before them."""
    FREQUENCY_EXPONENT = 0.65
    """A term that stands n times counts n to this power: repetition says more, but less each time."""

    def __init__(self, terms: Callable[[str], Counter[str]]) -> None:
        """`terms` takes a text apart, such as `Wording.terms`."""
        self._terms = terms

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector of unit length per text, in order; the zero vector for a text without terms."""
        return [self._vector(self._terms(text)) for text in texts]

    def _vector(self, terms: Counter[str]) -> Vector:
        vector = [0.0] * self.dimensions
        for term, count in terms.items():
            number = int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")
            sign = 1.0 if (number >> 32) & 1 else -1.0
            vector[number % self.dimensions] += sign * self._weight(term) * count**self.FREQUENCY_EXPONENT
        length = math.sqrt(math.fsum(value * value for value in vector))
        return [value / length for value in vector] if length else vector

    def _weight(self, term: str) -> float:
        if term.isascii():
            return self.LATIN_WEIGHT
        return self.KANA_WEIGHT if any("ぁ" <= character <= "ー" for character in term) else self.IDEOGRAPHS_WEIGHT


class UnknownEmbeddingModel(ValueError):
    """No embedder goes by this model id."""


def embedder_named(model: str) -> Embedder:
    """The embedder of this model id. Raises `UnknownEmbeddingModel` for one that does not exist."""
    if model != HASHED_NGRAMS:
        raise UnknownEmbeddingModel(f"expected one of: {HASHED_NGRAMS}. Found: {model!r}")
    from knowledge_base.wording import load_wording  # YAML is read only where texts are embedded

    return HashedNgrams(load_wording().terms)
