"""How good the search is: labelled queries against each half alone and against both together.

Recall@3 is the share of queries of which a right principle comes back among the first three.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from knowledge_base.catalogue import Catalogue, load_catalogue
from knowledge_base.files import CatalogueError, read_yaml
from knowledge_base.models import Slug
from knowledge_base.search import Query, best_by_keywords, embedded, nearest, search
from knowledge_base.wording import load_wording
from shared.database.connection import Connection
from shared.embeddings import Embedder
from shared.models.base import Model

AMONG_THE_FIRST = 3
NO_FLOOR = -1.0

Split = Literal["tune", "held_out"]
Method = Literal["vector", "keywords", "fused", "fused with dish"]
Ranker = Callable[["LabelledQuery"], Sequence[Slug]]


class LabelledQuery(Model):
    """A diagnosis and the principles that are right for it."""

    split: Split
    dish: Slug | None
    """The dish it is about, where it is about one."""
    principles: list[Slug]
    query: str


class Miss(Model):
    """A query whose right principles did not come back in time."""

    labelled: LabelledQuery
    found: list[Slug]
    """What came back instead, best first."""


@dataclass(frozen=True)
class Recall:
    """How one method did on one split."""

    method: Method
    split: Split
    queries: int
    misses: tuple[Miss, ...]

    @property
    def recall(self) -> float:
        """Share of queries answered among the first three, 0 to 1."""
        return 1 - len(self.misses) / self.queries


def evaluate_retrieval(
    connection: Connection, embedder: Embedder, queries: Sequence[LabelledQuery], catalogue: Catalogue | None = None
) -> list[Recall]:
    """Every method on every split, over the corpus this connection's database holds (ingest first)."""
    rankers = _rankers(connection, embedder, catalogue or load_catalogue())
    return [
        _recall(method, split, ranker, [labelled for labelled in queries if labelled.split == split])
        for split in ("tune", "held_out")
        for method, ranker in rankers.items()
    ]


def read_queries(path: Path) -> list[LabelledQuery]:
    """The labelled queries of a YAML file. Raises `CatalogueError` when it does not hold what it must."""
    try:
        return TypeAdapter(list[LabelledQuery]).validate_python(read_yaml(path))
    except ValidationError as error:
        raise CatalogueError(f"{path.name}: {error}") from error


def _rankers(connection: Connection, embedder: Embedder, catalogue: Catalogue) -> dict[Method, Ranker]:
    wording = load_wording()

    def vector(labelled: LabelledQuery) -> Sequence[Slug]:
        found = embedded(embedder, Query(labelled.query))
        return nearest(connection, embedder, found) if found else []

    def keywords(labelled: LabelledQuery) -> Sequence[Slug]:
        return best_by_keywords(connection, embedder, labelled.query, wording)

    def fused(labelled: LabelledQuery) -> Sequence[Slug]:
        return _searched(Query(labelled.query))

    def fused_with_dish(labelled: LabelledQuery) -> Sequence[Slug]:
        taught = catalogue.dishes[labelled.dish].principles if labelled.dish else []
        return _searched(Query(labelled.query, labelled.dish, taught))

    def _searched(query: Query) -> Sequence[Slug]:
        found = search(connection, embedder, query, top_k=AMONG_THE_FIRST, floor=NO_FLOOR)
        return [principle.slug for principle in found]

    return {"vector": vector, "keywords": keywords, "fused": fused, "fused with dish": fused_with_dish}


def _recall(method: Method, split: Split, ranker: Ranker, queries: Sequence[LabelledQuery]) -> Recall:
    misses = []
    for labelled in queries:
        found = list(ranker(labelled))[:AMONG_THE_FIRST]
        if not set(found) & set(labelled.principles):
            misses.append(Miss(labelled=labelled, found=found))
    return Recall(method, split, len(queries), tuple(misses))
