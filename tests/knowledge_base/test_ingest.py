import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from knowledge_base.catalogue import DIRECTORY, Catalogue
from knowledge_base.ingest import IngestRefused, ingest
from knowledge_base.wording import load_wording
from shared.database import Database, dishes
from shared.embeddings import HashedNgrams, Vector

SOME_PRINCIPLES = ("rest-the-meat", "preheat-the-pan", "claw-hand", "warm-the-plate")


class CountingEmbedder(HashedNgrams):
    """Remembers what it was asked for, as a bill would; breaks down when told to."""

    def __init__(self, *, model: str = "counted", dimensions: int = 768, breaks: bool = False) -> None:
        super().__init__(load_wording().terms)
        self.model = model
        self.dimensions = dimensions
        self.texts: list[str] = []
        self._breaks = breaks

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.texts += texts
        if self._breaks:
            raise ConnectionError("the model is not there")
        return super().embed(texts)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A small knowledge base to edit: four principles, all mistakes and dishes."""
    (tmp_path / "principles").mkdir()
    for slug in SOME_PRINCIPLES:
        shutil.copy(DIRECTORY / "principles" / f"{slug}.md", tmp_path / "principles")
    for name in ("mistakes.yaml", "dishes.yaml"):
        shutil.copy(DIRECTORY / name, tmp_path)
    return tmp_path


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


def stored(database: Database) -> dict[str, dict[str, object]]:
    with database.transaction() as connection:
        rows = connection.execute("select *, vector_dims(embedding) as dims from moment.cooking_principles").fetchall()
    return {row["slug"]: row for row in rows}


def test_first_ingest_stores_every_principle_with_model_and_dimensions(
    database: Database, files: Path, embedder: CountingEmbedder
) -> None:
    with database.transaction() as connection:
        report = ingest(connection, embedder, catalogue=Catalogue(files))
    assert (report.added, report.changed, report.unchanged, report.deleted) == (4, 0, 0, 0)
    rows = stored(database)
    assert set(rows) == set(SOME_PRINCIPLES)
    assert {(row["embedding_model"], row["dims"]) for row in rows.values()} == {("counted@768", 768)}
    assert rows["rest-the-meat"]["mistake_codes"] == ["meat_not_rested"]
    assert rows["rest-the-meat"]["cues"] == Catalogue(files).principles["rest-the-meat"].cues.model_dump()


def test_second_ingest_embeds_nothing_and_touches_no_row(
    database: Database, files: Path, embedder: CountingEmbedder
) -> None:
    with database.transaction() as connection:
        ingest(connection, embedder, catalogue=Catalogue(files))
    before, embedder.texts = stored(database), []
    with database.transaction() as connection:
        report = ingest(connection, embedder, catalogue=Catalogue(files))
    assert (report.embedded, report.unchanged, report.dishes_written) == (0, 4, 0)
    assert embedder.texts == []
    assert stored(database) == before


def test_only_the_principle_that_changed_is_embedded_again(
    database: Database, files: Path, embedder: CountingEmbedder
) -> None:
    with database.transaction() as connection:
        ingest(connection, embedder, catalogue=Catalogue(files))
    before, embedder.texts = stored(database), []
    path = files / "principles" / "rest-the-meat.md"
    path.write_text(path.read_text(encoding="utf-8").replace("said_as:\n", "said_as:\n  - 待てずに食べた\n"), "utf-8")
    with database.transaction() as connection:
        report = ingest(connection, embedder, catalogue=Catalogue(files))
    assert (report.added, report.changed, report.unchanged) == (0, 1, 3)
    assert len(embedder.texts) == 1
    assert "待てずに食べた" in embedder.texts[0]
    after = stored(database)
    assert {slug for slug in after if after[slug] != before[slug]} == {"rest-the-meat"}
    assert after["rest-the-meat"]["id"] == before["rest-the-meat"]["id"]


def test_a_principle_whose_file_is_gone_is_deleted(database: Database, files: Path, embedder: CountingEmbedder) -> None:
    with database.transaction() as connection:
        ingest(connection, embedder, catalogue=Catalogue(files))
    (files / "principles" / "claw-hand.md").unlink()
    with database.transaction() as connection:
        report = ingest(connection, embedder, catalogue=Catalogue(files))
    assert report.deleted == 1
    assert "claw-hand" not in stored(database)


def test_vectors_of_two_models_are_never_mixed(database: Database, files: Path, embedder: CountingEmbedder) -> None:
    with database.transaction() as connection:
        ingest(connection, embedder, catalogue=Catalogue(files))
    before = stored(database)
    newer = CountingEmbedder(model="newer")
    with (
        database.transaction() as connection,
        pytest.raises(IngestRefused, match=r"newer@768.*Found: counted@768.*--reembed"),
    ):
        ingest(connection, newer, catalogue=Catalogue(files))
    assert newer.texts == []
    assert stored(database) == before


def test_another_model_replaces_every_vector_when_told_to(
    database: Database, files: Path, embedder: CountingEmbedder
) -> None:
    with database.transaction() as connection:
        ingest(connection, embedder, catalogue=Catalogue(files))
    with database.transaction() as connection:
        report = ingest(connection, CountingEmbedder(model="newer"), reembed=True, catalogue=Catalogue(files))
    assert report.changed == 4
    assert {row["embedding_model"] for row in stored(database).values()} == {"newer@768"}


def test_vectors_of_the_wrong_length_are_refused_before_anything_is_paid(database: Database, files: Path) -> None:
    long = CountingEmbedder(dimensions=3072)
    with (
        database.transaction() as connection,
        pytest.raises(IngestRefused, match=r"768 dimensions\. Found: counted@3072"),
    ):
        ingest(connection, long, catalogue=Catalogue(files))
    assert long.texts == []


def test_an_ingest_that_breaks_down_leaves_everything_as_it_was(
    database: Database, files: Path, embedder: CountingEmbedder
) -> None:
    with database.transaction() as connection:
        ingest(connection, embedder, catalogue=Catalogue(files))
    before = stored(database)
    (files / "principles" / "claw-hand.md").unlink()
    path = files / "principles" / "rest-the-meat.md"
    path.write_text(path.read_text(encoding="utf-8").replace("休ませ", "待たせ"), encoding="utf-8")
    with pytest.raises(ConnectionError), database.transaction() as connection:
        ingest(connection, CountingEmbedder(breaks=True), catalogue=Catalogue(files))
    assert stored(database) == before


def test_two_ingests_at_once_take_turns(database: Database, files: Path) -> None:
    reports = []
    embedders = [CountingEmbedder(), CountingEmbedder()]
    start = threading.Barrier(2)

    def run(embedder: CountingEmbedder) -> None:
        start.wait()
        with database.transaction() as connection:
            reports.append(ingest(connection, embedder, catalogue=Catalogue(files)))

    threads = [threading.Thread(target=run, args=(embedder,)) for embedder in embedders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(report.added for report in reports) == [0, 4]
    assert sum(len(embedder.texts) for embedder in embedders) == 4


def test_progress_tells_how_far_the_embedding_is(database: Database, embedder: CountingEmbedder) -> None:
    seen: list[tuple[int, int]] = []
    with database.transaction() as connection:
        report = ingest(connection, embedder, lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {report.added}
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (report.added, report.added)


def test_dishes_are_seeded_and_only_changed_ones_are_written_again(
    database: Database, files: Path, embedder: CountingEmbedder
) -> None:
    with database.transaction() as connection:
        first = ingest(connection, embedder, catalogue=Catalogue(files))
        before = dishes.everything(connection)
    path = files / "dishes.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("name_ja: 卵焼き", "name_ja: だし巻き卵"), encoding="utf-8"
    )
    with database.transaction() as connection:
        second = ingest(connection, embedder, catalogue=Catalogue(files))
        after = dishes.everything(connection)
    assert (first.dishes_written, second.dishes_written) == (len(before), 1)
    assert [dish.slug for dish in before] == list(Catalogue(files).dishes)
    [changed] = [new for old, new in zip(before, after, strict=True) if old != new]
    assert (changed.slug, changed.name_ja) == ("rolled-omelette", "だし巻き卵")
    assert [dish.id for dish in before] == [dish.id for dish in after]
