"""Finds the principles that speak of a problem: nearest by embedding and best by keywords, fused by rank.

The two halves fail differently (a vector blurs rare words, keywords miss what is said in others), so their ranks are
added up, not their scores (reciprocal rank fusion, Cormack et al. 2009). What the dish teaches weighs a little more,
and the principle behind a diagnosed mistake has a say of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgvector import Vector as PgVector

from knowledge_base.keywords import any_of
from knowledge_base.models import Slug
from knowledge_base.wording import Wording, load_wording
from shared.database.connection import Connection
from shared.embeddings import Embedder, Vector
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
    select slug, title, principle_text, category, dishes,
           coalesce(nullif(1 - (embedding <=> %(vector)s::vector), 'NaN'), 0) as similarity
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
    """The principles the dish teaches, most important first."""
    behind: Slug | None = None
    """The principle behind the mistake that was diagnosed: right by definition, however the problem is worded."""

    @property
    def text(self) -> str:
        """What is embedded: the problem, then the dish's principles."""
        return f"{self.problem} {', '.join(self.taught)}" if self.taught else self.problem


@dataclass(frozen=True)
class Proposals:
    """What each half says of a query, before they are brought together."""

    vector: Vector
    """The query embedded."""
    near: Sequence[Slug]
    """Nearest first."""
    worded: Sequence[Slug]
    """Best by keywords first."""


def search(
    connection: Connection, embedder: Embedder, query: Query, *, top_k: int, floor: float
) -> list[FoundPrinciple]:
    """The principles that fit best, best first: at most `top_k`, none less similar than `floor` (cosine, −1 to 1).

    Must run inside a transaction: it sets how thoroughly the index looks, until the transaction ends.

    Raises:
        NothingIngested: no principle is stored with this embedder's model.
    """
    proposals = proposals_for(connection, embedder, query)
    return [] if proposals is None else chosen(connection, embedder, query, proposals, top_k=top_k, floor=floor)


def proposals_for(connection: Connection, embedder: Embedder, query: Query) -> Proposals | None:
    """What each half proposes; None for a query that says nothing, to which no angle is defined."""
    vector = embedded(embedder, query)
    if not query.problem.strip() or vector is None:
        return None
    return Proposals(
        vector,
        nearest(connection, embedder, vector),
        best_by_keywords(connection, embedder, query.problem, load_wording()),
    )


def chosen(
    connection: Connection, embedder: Embedder, query: Query, proposals: Proposals, *, top_k: int, floor: float
) -> list[FoundPrinciple]:
    """Both halves brought together; arguments and result as for `search`."""
    fused = fuse(
        (
            (VECTOR_WEIGHT, proposals.near),
            (1.0, proposals.worded),
            (1.0, [query.behind] if query.behind else []),
        )
    )
    scores: dict[Slug, float] = {}
    fitting: list[FoundPrinciple] = []
    for row in _details(connection, embedder, proposals.vector, list(fused)):
        principle = FoundPrinciple.model_validate({key: value for key, value in row.items() if key != "dishes"})
        scores[principle.slug] = fused[principle.slug] * (1 + _of_the_dish(principle.slug, row["dishes"], query))
        if principle.similarity >= floor or principle.slug == query.behind:
            fitting.append(principle)
    return sorted(fitting, key=lambda principle: (-scores[principle.slug], principle.slug))[:top_k]


def taught_by_the_dish(connection: Connection, embedder: Embedder, query: Query, *, top_k: int) -> list[FoundPrinciple]:
    """The first `top_k` principles of the query's dish, in the dish's own order: what stands in when nothing was found.

    Raises:
        NothingIngested: none of them is stored with this embedder's model.
    """
    vector = embedded(embedder, query) or [1.0] * embedder.dimensions
    rows = {row.pop("slug"): row for row in _details(connection, embedder, vector, query.taught)}
    found = [
        FoundPrinciple(slug=slug, **{key: value for key, value in rows[slug].items() if key != "dishes"})
        for slug in query.taught
        if slug in rows
    ]
    return found[:top_k]


def stored_model(embedder: Embedder) -> str:
    """What stands in `embedding_model` for vectors of this embedder: its model and their length."""
    return f"{embedder.model}@{embedder.dimensions}"


def nearest(connection: Connection, embedder: Embedder, vector: Vector) -> list[Slug]:
    """Slugs by cosine distance to a vector, nearest first."""
    connection.execute(
        "select set_config('hnsw.ef_search', %s, true), set_config('hnsw.iterative_scan', 'strict_order', true)",
        [str(_EXPLORED)],
    )
    values = {"model": stored_model(embedder), "vector": PgVector(vector).to_text(), "limit": CANDIDATES}
    return [row["slug"] for row in connection.execute(_NEAREST, values).fetchall()]


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


def embedded(embedder: Embedder, query: Query) -> Vector | None:
    """The query embedded; None when it says nothing."""
    [vector] = embedder.embed([query.text])
    return vector if any(vector) else None


def _details(connection: Connection, embedder: Embedder, vector: Vector, slugs: Sequence[Slug]) -> list[dict[str, Any]]:
    values = {"vector": PgVector(vector).to_text(), "model": stored_model(embedder), "slugs": list(slugs)}
    rows = connection.execute(_DETAILS, values).fetchall()
    if not rows:
        raise NothingIngested(
            f"expected principles embedded with {stored_model(embedder)}. Found none: run `moment knowledge ingest`"
        )
    return rows


def _of_the_dish(slug: Slug, dishes: Sequence[Slug], query: Query) -> float:
    """How much more a principle counts because of the dish, 0 to `DISH_WEIGHT`."""
    if query.dish is None:
        return 0.0
    if slug in query.taught:
        return DISH_WEIGHT * TAUGHT
    if query.dish in dishes:
        return DISH_WEIGHT * AT_HOME
    return 0.0 if dishes else DISH_WEIGHT * ANYWHERE
