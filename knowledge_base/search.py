"""Finds the principles that speak of a problem: nearest by embedding and best by keywords, fused by rank.

The two halves fail differently (a vector blurs rare words, keywords miss what is said in others), so their ranks are
added up, not their scores (reciprocal rank fusion, Cormack et al. 2009). What the dish teaches weighs a little more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pgvector import Vector as PgVector

from knowledge_base.keywords import any_of
from knowledge_base.models import Slug
from knowledge_base.wording import Wording, load_wording
from shared.database.connection import Connection
from shared.embeddings import Embedder
from shared.models.analysis import FoundPrinciple

CANDIDATES = 50
"""How many principles each half proposes."""
RANK_CONSTANT = 5
"""Of the fusion: the n-th of a half counts 1 / (this + n). Small, because only the first few places matter here."""
VECTOR_WEIGHT = 0.6
"""Of the embedding's ranks against the keywords', with the embedded default."""
DISH_WEIGHT = 0.5
"""How much more a principle of the dish counts, at most."""
TAUGHT, AT_HOME, ANYWHERE = 1.0, 0.6, 0.3
"""Share of `DISH_WEIGHT` for a principle the dish teaches, one that names the dish, one that is for any dish."""

_EXPLORED = 200
"""`hnsw.ef_search`: nodes the index looks at before it answers, several times `CANDIDATES` so that it misses none."""
_SATURATION, _LENGTH_SHARE = 1.2, 0.5
"""BM25's k1 and b (Robertson and Zaragoza 2009)."""
_BODY_WEIGHT = 0.3
"""Of a term in a principle's body against one in its title, cues or `said_as`."""

_NEAREST = """
    select slug from moment.cooking_principles where embedding_model = %(model)s
    order by embedding <=> %(vector)s::vector limit %(limit)s"""

_BEST_BY_KEYWORDS = """
    with corpus as (
        select count(*) as principles, avg(length(keywords)) as average_length
        from moment.cooking_principles where embedding_model = %(model)s
    ), hits as (
        select slug, length(keywords) as length, count(*) over (partition by lexeme) as principles_with_it,
               %(body_weight)s * cardinality(weights)
               + (1 - %(body_weight)s) * cardinality(array_positions(weights, 'A')) as frequency
        from moment.cooking_principles, unnest(keywords)
        where embedding_model = %(model)s and keywords @@ %(any_term)s::tsquery and lexeme = any(%(terms)s)
    )
    select slug from hits, corpus group by slug
    order by sum(
        ln(1 + (principles - principles_with_it + 0.5) / (principles_with_it + 0.5))
        * frequency * (%(saturation)s + 1)
        / (frequency + %(saturation)s * (1 - %(length_share)s + %(length_share)s * length / average_length))
    ) desc, slug
    limit %(limit)s"""

_DETAILS = """
    select slug, title, principle_text, category, dishes, 1 - (embedding <=> %(vector)s::vector) as similarity
    from moment.cooking_principles where embedding_model = %(model)s and slug = any(%(slugs)s)"""


class NothingIngested(LookupError):
    """No principle has been embedded with this model."""


@dataclass(frozen=True)
class Query:
    """What is looked for."""

    problem: str
    """The problem in words; the keyword half uses nothing else."""
    dish: Slug | None = None
    taught: Sequence[Slug] = ()
    """The principles the dish teaches."""

    @property
    def text(self) -> str:
        """What is embedded: the problem, then the dish's principles (PRODUCT.md, stage 2)."""
        return f"{self.problem} {', '.join(self.taught)}" if self.taught else self.problem


def search(
    connection: Connection, embedder: Embedder, query: Query, *, top_k: int, floor: float
) -> list[FoundPrinciple]:
    """The principles that fit best, best first: at most `top_k`, none less similar than `floor` (cosine, −1 to 1).

    Raises:
        NothingIngested: no principle is stored with this embedder's model.
    """
    [vector] = embedder.embed([query.text])
    literal = PgVector(vector).to_text()
    halves = (
        (VECTOR_WEIGHT, nearest(connection, embedder, literal)),
        (1.0, best_by_keywords(connection, embedder, query.problem, load_wording())),
    )
    proposed = fuse(halves)
    if not proposed:
        raise NothingIngested(
            f"expected principles embedded with {embedder.model}. Found none: run `moment knowledge ingest`"
        )
    rows = connection.execute(
        _DETAILS, {"vector": literal, "model": stored_model(embedder), "slugs": list(proposed)}
    ).fetchall()
    rows.sort(
        key=lambda row: (-proposed[row["slug"]] * (1 + _of_the_dish(row["slug"], row["dishes"], query)), row["slug"])
    )
    fitting = [row for row in rows if row["similarity"] >= floor]
    return [FoundPrinciple.model_validate({k: v for k, v in row.items() if k != "dishes"}) for row in fitting[:top_k]]


def stored_model(embedder: Embedder) -> str:
    """What stands in `embedding_model` for vectors of this embedder: its model and their length."""
    return f"{embedder.model}@{embedder.dimensions}"


def nearest(connection: Connection, embedder: Embedder, vector: str) -> list[Slug]:
    """Slugs by cosine distance to a vector (in pgvector's text form), nearest first."""
    connection.execute(
        "select set_config('hnsw.ef_search', %s, true), set_config('hnsw.iterative_scan', 'strict_order', true)",
        [str(_EXPLORED)],
    )
    rows = connection.execute(
        _NEAREST, {"model": stored_model(embedder), "vector": vector, "limit": CANDIDATES}
    ).fetchall()
    return [row["slug"] for row in rows]


def best_by_keywords(connection: Connection, embedder: Embedder, text: str, wording: Wording) -> list[Slug]:
    """Slugs by BM25 over the terms of a text, best first; empty when no principle holds any of them."""
    terms = sorted(wording.terms(text))
    if not terms:
        return []
    rows = connection.execute(
        _BEST_BY_KEYWORDS,
        {
            "model": stored_model(embedder),
            "any_term": any_of(terms),
            "terms": terms,
            "body_weight": _BODY_WEIGHT,
            "saturation": _SATURATION,
            "length_share": _LENGTH_SHARE,
            "limit": CANDIDATES,
        },
    ).fetchall()
    return [row["slug"] for row in rows]


def fuse(halves: Sequence[tuple[float, Sequence[Slug]]]) -> Mapping[Slug, float]:
    """Reciprocal rank fusion of weighted rankings: slug → score, the higher the better."""
    scores: dict[Slug, float] = {}
    for weight, ranking in halves:
        for place, slug in enumerate(ranking):
            scores[slug] = scores.get(slug, 0.0) + weight / (RANK_CONSTANT + place)
    return scores


def _of_the_dish(slug: Slug, dishes: Sequence[Slug], query: Query) -> float:
    """How much more a principle counts because of the dish, 0 to `DISH_WEIGHT`."""
    if query.dish is None:
        return 0.0
    if slug in query.taught:
        return DISH_WEIGHT * TAUGHT
    if query.dish in dishes:
        return DISH_WEIGHT * AT_HOME
    return 0.0 if dishes else DISH_WEIGHT * ANYWHERE
