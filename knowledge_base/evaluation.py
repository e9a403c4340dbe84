"""How good the search is: labelled queries against each half alone and against both together.

Recall@3 is the share of queries of which a right principle comes back among the first three.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from knowledge_base.catalogue import Catalogue, load_catalogue
from knowledge_base.files import CatalogueError, first_problem, read_yaml
from knowledge_base.models import Slug
from knowledge_base.search import Proposals, Query, chosen, embedded, nearest, proposals_for
from shared.database.connection import Connection
from shared.embeddings import Embedder
from shared.models.base import Model

AMONG_THE_FIRST = 3
NO_FLOOR = -1.0

Split = Literal["tune", "held_out"]
Method = Literal["vector", "keywords", "fused", "fused with dish"]


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
    catalogue = catalogue or load_catalogue()
    misses: dict[tuple[Split, Method], list[Miss]] = {}
    asked: Counter[Split] = Counter()
    for labelled in queries:
        asked[labelled.split] += 1
        for method, found in _first_three(connection, embedder, labelled, catalogue).items():
            missed = misses.setdefault((labelled.split, method), [])
            if not set(found) & set(labelled.principles):
                missed.append(Miss(labelled=labelled, found=list(found)))
    return [Recall(method, split, asked[split], tuple(missed)) for (split, method), missed in misses.items()]


def read_queries(path: Path) -> list[LabelledQuery]:
    """The labelled queries of a YAML file. Raises `CatalogueError` when it does not hold what it must."""
    try:
        return TypeAdapter(list[LabelledQuery]).validate_python(read_yaml(path))
    except ValidationError as error:
        raise CatalogueError(f"{path.name}: {first_problem(error)}") from error


def _first_three(
    connection: Connection, embedder: Embedder, labelled: LabelledQuery, catalogue: Catalogue
) -> dict[Method, Sequence[Slug]]:
    """What each method answers. The keyword half hears the diagnosis alone, so it is asked once for all methods."""
    alone = Query(labelled.query)
    proposals = proposals_for(connection, embedder, alone)
    if proposals is None:
        return dict.fromkeys(get_args(Method), ())
    about_a_dish, knowing_the_dish = alone, proposals
    if labelled.dish is not None:
        about_a_dish = Query(labelled.query, labelled.dish, catalogue.dishes[labelled.dish].principles)
        vector = embedded(embedder, about_a_dish) or proposals.vector
        knowing_the_dish = Proposals(vector, nearest(connection, embedder, vector), proposals.worded)

    def together(query: Query, halves: Proposals) -> Sequence[Slug]:
        found = chosen(connection, embedder, query, halves, top_k=AMONG_THE_FIRST, floor=NO_FLOOR)
        return [principle.slug for principle in found]

    return {
        "vector": proposals.near[:AMONG_THE_FIRST],
        "keywords": proposals.worded[:AMONG_THE_FIRST],
        "fused": together(alone, proposals),
        "fused with dish": together(about_a_dish, knowing_the_dish),
    }
