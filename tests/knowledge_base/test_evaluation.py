"""The labelled queries: whether the search is good enough, and whether the queries are honest."""

from pathlib import Path

import pytest

from knowledge_base.catalogue import load_catalogue
from knowledge_base.evaluation import LabelledQuery, evaluate_retrieval, read_queries
from knowledge_base.files import CatalogueError
from shared.database import Connection
from shared.embeddings import Embedder

FEWEST_QUERIES = 120
LOWEST_RECALL = 0.90
TUNE_STRIDE = 4
"""Of the queries that were tuned on, every so many are enough to see a drop; `moment eval` asks them all."""
NEARLY_A_COPY = 0.75
"""Share of the shorter text's character pairs found in the other."""


def pairs(text: str) -> set[str]:
    return {text[start : start + 2] for start in range(len(text) - 1)}


def test_both_halves_together_find_a_right_principle_for_nine_queries_in_ten(
    connection: Connection, embedder: Embedder, queries: list[LabelledQuery]
) -> None:
    tuned_on = [labelled for labelled in queries if labelled.split == "tune"]
    some = [labelled for labelled in queries if labelled.split == "held_out"] + tuned_on[::TUNE_STRIDE]
    results = evaluate_retrieval(connection, embedder, some)
    print()  # the table is what people look for when this fails
    for result in results:
        print(f"{result.split:10} {result.method:16} recall@3 {result.recall:.3f} of {result.queries}")
    fused = {(result.split, result.method): result.recall for result in results if "fused" in result.method}
    assert all(recall >= LOWEST_RECALL for recall in fused.values()), fused


def test_there_are_enough_queries_and_some_are_held_out(queries: list[LabelledQuery]) -> None:
    assert len(queries) >= FEWEST_QUERIES
    assert sum(labelled.split == "held_out" for labelled in queries) >= 50


def test_every_query_names_principles_and_dishes_that_exist(queries: list[LabelledQuery]) -> None:
    catalogue = load_catalogue()
    for labelled in queries:
        assert labelled.dish is None or labelled.dish in catalogue.dishes
        assert labelled.principles
        assert set(labelled.principles) <= set(catalogue.principles)


def test_no_query_stands_twice(queries: list[LabelledQuery]) -> None:
    assert len({labelled.query for labelled in queries}) == len(queries)


def test_no_query_copies_what_its_principle_is_indexed_by(queries: list[LabelledQuery]) -> None:
    principles = load_catalogue().principles
    copies = []
    for labelled in queries:
        asked = pairs(labelled.query)
        for slug in labelled.principles:
            for text in (principles[slug].title, *principles[slug].said_as):
                held = pairs(text)
                if len(asked & held) / min(len(asked), len(held)) > NEARLY_A_COPY:
                    copies.append((labelled.query, slug, text))
    assert copies == []


def test_a_wrong_query_is_refused_with_the_file_s_name(tmp_path: Path) -> None:
    path = tmp_path / "queries.yaml"
    path.write_text("- {split: later, dish: null, principles: [], query: 焦げた}")
    with pytest.raises(CatalogueError, match=r"queries\.yaml: field 0\.split: .* Found: 'later'"):
        read_queries(path)
