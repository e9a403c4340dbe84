import math
from collections import Counter

import pytest
from pgvector import Vector as PgVector

from knowledge_base import search as module
from knowledge_base.catalogue import load_catalogue
from knowledge_base.evaluation import LabelledQuery
from knowledge_base.keywords import spoken_text
from knowledge_base.models import Slug
from knowledge_base.search import (
    NothingIngested,
    Query,
    best_by_keywords,
    embedded,
    fuse,
    nearest,
    search,
    stored_model,
    taught_by_the_dish,
)
from knowledge_base.wording import load_wording
from shared.database import Connection
from shared.embeddings import Embedder, HashedNgrams

COLD_PAN = "フライパンが温まる前に肉をのせたので、音がしませんでした"
NOTHING_TO_DO_WITH_COOKING = "株価が大きく下がって損をした"
FLOOR = 0.15


def slugs(
    connection: Connection, embedder: Embedder, query: Query, *, top_k: int = 3, floor: float = FLOOR
) -> list[Slug]:
    return [found.slug for found in search(connection, embedder, query, top_k=top_k, floor=floor)]


def test_the_principle_that_speaks_of_the_problem_comes_first(connection: Connection, embedder: Embedder) -> None:
    assert slugs(connection, embedder, Query(COLD_PAN))[0] == "preheat-the-pan"


def test_what_is_found_is_whole_and_says_how_similar_it_is(connection: Connection, embedder: Embedder) -> None:
    [found] = search(connection, embedder, Query(COLD_PAN), top_k=1, floor=FLOOR)
    principle = load_catalogue().principles[found.slug]
    assert (found.title, found.category, found.principle_text) == (
        principle.title,
        principle.category,
        principle.principle_text,
    )
    assert FLOOR <= found.similarity <= 1


def test_the_query_is_the_diagnosis_then_the_dish_s_principles() -> None:
    query = Query("肉が硬い", "beef-steak", ["rest-the-meat", "temper-the-meat"])
    assert query.text == "肉が硬い rest-the-meat, temper-the-meat"
    assert Query("肉が硬い").text == "肉が硬い"


def test_the_dish_s_principles_in_the_query_do_not_drown_the_diagnosis(
    embedder: Embedder, queries: list[LabelledQuery]
) -> None:
    taught = load_catalogue().dishes["karaage"].principles
    for labelled in queries[:40]:
        alone, with_taught = (
            embedded(embedder, Query(labelled.query)),
            embedded(embedder, Query(labelled.query, "karaage", taught)),
        )
        assert alone
        assert with_taught
        assert sum(a * b for a, b in zip(alone, with_taught, strict=True)) > 0.99


def test_nothing_below_the_floor_comes_back(connection: Connection, embedder: Embedder) -> None:
    assert slugs(connection, embedder, Query(NOTHING_TO_DO_WITH_COOKING)) == []
    assert slugs(connection, embedder, Query(NOTHING_TO_DO_WITH_COOKING), floor=-1) != []


@pytest.mark.parametrize("problem", ["", "   ", "!?…。", "🍳🔥"])
def test_a_problem_without_words_finds_nothing(connection: Connection, embedder: Embedder, problem: str) -> None:
    assert slugs(connection, embedder, Query(problem)) == []
    assert slugs(connection, embedder, Query(problem, "karaage", ["set-the-coating"]), floor=0.5) == []


def test_the_principle_behind_the_diagnosed_mistake_is_found_however_it_is_worded(
    connection: Connection, embedder: Embedder
) -> None:
    vague = "つやが少しずつ引いていきました"
    assert "plate-at-the-peak" not in slugs(connection, embedder, Query(vague))
    assert "plate-at-the-peak" in slugs(connection, embedder, Query(vague, behind="plate-at-the-peak"))


def test_a_principle_the_dish_teaches_goes_before_an_equally_near_one(
    connection: Connection, embedder: Embedder
) -> None:
    problem = "水気を拭かずに入れてしまいました"
    taught = load_catalogue().dishes["karaage"].principles
    anywhere = slugs(connection, embedder, Query(problem), top_k=10)
    for_karaage = slugs(connection, embedder, Query(problem, "karaage", taught), top_k=10)
    assert for_karaage.index("dry-the-surface") <= anywhere.index("dry-the-surface")
    assert for_karaage[0] in taught


def test_the_dish_s_principles_stand_in_in_their_own_order(connection: Connection, embedder: Embedder) -> None:
    taught = load_catalogue().dishes["nikujaga"].principles
    found = taught_by_the_dish(connection, embedder, Query("", "nikujaga", taught), top_k=3)
    assert [principle.slug for principle in found] == taught[:3]


@pytest.mark.parametrize(
    "problem",
    [
        "肉が'); drop table moment.cooking_principles; --",
        "焼き色 & ! | <-> :* '\\",
        "<script>焦げた</script>",
        "\x00焦げた".replace("\x00", ""),
        "焦げた" * 2000,
    ],
)
def test_any_text_is_only_text(connection: Connection, embedder: Embedder, problem: str) -> None:
    search(connection, embedder, Query(problem), top_k=3, floor=-1)
    assert connection.execute("select count(*) as n from moment.cooking_principles").fetchone() == {
        "n": len(load_catalogue().principles)
    }


def test_an_empty_corpus_says_what_to_do(connection: Connection, embedder: Embedder) -> None:
    connection.execute("delete from moment.cooking_principles")
    with pytest.raises(NothingIngested, match="run `moment knowledge ingest`"):
        search(connection, embedder, Query(COLD_PAN), top_k=3, floor=FLOOR)


def test_vectors_of_another_model_are_not_compared(connection: Connection) -> None:
    class Renamed(HashedNgrams):
        model = "another-model"

    with pytest.raises(NothingIngested, match="another-model@768"):
        search(connection, Renamed(load_wording().terms), Query(COLD_PAN), top_k=3, floor=FLOOR)


def exact(connection: Connection, embedder: Embedder, vector: list[float], limit: int) -> list[Slug]:
    """Nearest principles by looking at every row."""
    connection.execute("set local enable_indexscan = off")
    connection.execute("set local enable_seqscan = on")
    rows = connection.execute(
        """select slug from moment.cooking_principles where embedding_model = %s
           order by embedding <=> %s::vector limit %s""",
        [stored_model(embedder), PgVector(vector).to_text(), limit],
    ).fetchall()
    return [row["slug"] for row in rows]


def through_the_index(connection: Connection, embedder: Embedder, vector: list[float]) -> list[Slug]:
    connection.execute("set local enable_indexscan = on")
    connection.execute("set local enable_seqscan = off")
    connection.execute("set local enable_sort = off")
    return nearest(connection, embedder, vector)


def test_the_index_is_what_answers_when_the_planner_takes_it(connection: Connection, embedder: Embedder) -> None:
    connection.execute("set local enable_seqscan = off")
    connection.execute("set local enable_sort = off")
    values = {"model": stored_model(embedder), "vector": PgVector(embedder.embed(["鍋"])[0]).to_text(), "limit": 50}
    plan = connection.execute("explain " + module._NEAREST, values).fetchall()
    assert any("cooking_principles_nearest" in str(row) for row in plan)


def test_exact_scan_and_index_agree_on_every_query(
    connection: Connection, embedder: Embedder, queries: list[LabelledQuery]
) -> None:
    for labelled in queries:
        vector = embedded(embedder, Query(labelled.query))
        assert vector
        assert through_the_index(connection, embedder, vector) == exact(connection, embedder, vector, module.CANDIDATES)


def test_rows_of_another_model_in_the_index_hide_none_of_ours(
    connection: Connection, embedder: Embedder, queries: list[LabelledQuery]
) -> None:
    connection.execute(
        """insert into moment.cooking_principles
               (slug, title, principle_text, category, content_hash, embedding_model, embedding, keywords)
           select slug || '-' || n, title, principle_text, category, '', 'other@768', embedding, keywords
           from moment.cooking_principles, generate_series(1, 4) n"""
    )
    for labelled in queries[:20]:
        vector = embedded(embedder, Query(labelled.query))
        assert vector
        assert through_the_index(connection, embedder, vector) == exact(connection, embedder, vector, module.CANDIDATES)


def reference_bm25(text: str) -> dict[Slug, float]:
    """The same ranking in plain Python, from the files."""
    catalogue, wording = load_catalogue(), load_wording()
    loud: dict[Slug, Counter[str]] = {}
    quiet: dict[Slug, Counter[str]] = {}
    for slug, principle in catalogue.principles.items():
        behind = [mistake for mistake in catalogue.mistakes.values() if mistake.principle == slug]
        loud[slug] = wording.terms(spoken_text(principle, behind))
        quiet[slug] = wording.terms(principle.principle_text)
    lengths = {slug: len(loud[slug] | quiet[slug]) for slug in loud}
    average = sum(lengths.values()) / len(lengths)
    scores = dict.fromkeys(loud, 0.0)
    for term in wording.terms(text):
        holders = [slug for slug in loud if loud[slug][term] or quiet[slug][term]]
        rarity = math.log(1 + (len(loud) - len(holders) + 0.5) / (len(holders) + 0.5))
        for slug in holders:
            frequency = loud[slug][term] + 0.3 * quiet[slug][term]
            scores[slug] += rarity * frequency * 2.2 / (frequency + 1.2 * (1 - 0.5 + 0.5 * lengths[slug] / average))
    return {slug: score for slug, score in scores.items() if score}


def test_keywords_are_ranked_by_bm25(connection: Connection, embedder: Embedder, queries: list[LabelledQuery]) -> None:
    for labelled in queries[::80]:
        scores = reference_bm25(labelled.query)
        found = best_by_keywords(connection, embedder, labelled.query, load_wording())
        assert [scores[slug] for slug in found] == pytest.approx(sorted(scores.values(), reverse=True)[: len(found)])


def test_fusion_adds_reciprocal_ranks() -> None:
    assert fuse([(1.0, ["a", "b"]), (0.5, ["b"])]) == {"a": 1 / 5, "b": pytest.approx(1 / 6 + 0.5 / 5)}
