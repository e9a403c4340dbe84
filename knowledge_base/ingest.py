"""Brings the database up to the files: principles with their embeddings and keywords, and the dishes.

A row carries the hash of everything it was made from. Only rows whose hash changed are embedded and written, rows whose
file is gone are deleted, and all of it is one transaction that one process at a time can be in: whoever searches
meanwhile sees the old corpus or the new one, nothing between.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pgvector import Vector as PgVector
from psycopg.types.json import Jsonb

from knowledge_base.catalogue import Catalogue, load_catalogue
from knowledge_base.keywords import spoken_text, tsvector
from knowledge_base.models import DishEntry, Principle, Slug
from knowledge_base.search import stored_model
from knowledge_base.wording import Wording, load_wording
from shared.database.connection import Connection
from shared.embeddings import EMBEDDING_DIMENSIONS, Embedder, Vector

_LOCK: Final = 0x6D6F6D_656E74  # "moment", so that nobody else's advisory lock is met by accident
_BATCH = 32
"""Texts embedded at once: the unit of progress, and well under what one request to Gemini may hold."""

OnProgress = Callable[[int, int], None]
"""Called with how many principles are embedded and how many will be."""


class IngestRefused(ValueError):
    """The database holds what this ingest may not mix with; says what to do."""


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did, in numbers of rows."""

    added: int
    changed: int
    unchanged: int
    deleted: int
    dishes_written: int
    model: str
    """As stored: the embedding model and the length of its vectors."""

    @property
    def embedded(self) -> int:
        """Texts given to the embedder."""
        return self.added + self.changed


@dataclass(frozen=True)
class _Row:
    """A principle as it is stored, without its vector."""

    principle: Principle
    keywords: str
    text: str
    """What is embedded."""
    content_hash: str


def ingest(
    connection: Connection,
    embedder: Embedder,
    on_progress: OnProgress = lambda _done, _total: None,
    *,
    reembed: bool = False,
    catalogue: Catalogue | None = None,
) -> IngestReport:
    """Make the tables `cooking_principles` and `dishes` say what the files say.

    Args:
        connection: any connection; the work is one transaction (a savepoint, when one is open already).
        embedder: of 768 dimensions.
        on_progress: called after every batch of embeddings.
        reembed: replace vectors of another model instead of refusing to mix.
        catalogue: the files; this project's own when None.

    Raises:
        IngestRefused: the vectors have the wrong length, or rows of another model are there and `reembed` is False.
        CatalogueError: a file is wrong.
    """
    if embedder.dimensions != EMBEDDING_DIMENSIONS:
        raise IngestRefused(
            f"expected an embedder of {EMBEDDING_DIMENSIONS} dimensions. Found: {stored_model(embedder)}"
        )
    catalogue = catalogue or load_catalogue()
    wording = load_wording()
    rows = {slug: _row(principle, catalogue, wording) for slug, principle in catalogue.principles.items()}
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        stored = _stored_hashes(connection, embedder, reembed=reembed)
        due = [row for slug, row in rows.items() if stored.get(slug) != row.content_hash]
        for row, vector in _embedded(due, embedder, on_progress):
            _write(connection, row, vector, embedder)
        gone = [slug for slug in stored if slug not in rows]
        connection.execute("delete from moment.cooking_principles where slug = any(%s)", [gone])
        dishes_written = sum(_write_dish(connection, dish) for dish in catalogue.dishes.values())
    added = sum(row.principle.slug not in stored for row in due)
    return IngestReport(
        added=added,
        changed=len(due) - added,
        unchanged=len(rows) - len(due),
        deleted=len(gone),
        dishes_written=dishes_written,
        model=stored_model(embedder),
    )


def _row(principle: Principle, catalogue: Catalogue, wording: Wording) -> _Row:
    behind = [mistake for mistake in catalogue.mistakes.values() if mistake.principle == principle.slug]
    text = spoken_text(principle, behind)
    keywords = tsvector(text, principle.principle_text, wording)
    # The folded text stands for the wording: a new synonym re-embeds the principles it touches, and only those.
    made_from = [principle.model_dump(mode="json"), keywords, wording.fold(text)]
    content = json.dumps(made_from, ensure_ascii=False, sort_keys=True)
    return _Row(principle, keywords, text, hashlib.sha256(content.encode()).hexdigest())


def _stored_hashes(connection: Connection, embedder: Embedder, *, reembed: bool) -> dict[Slug, str]:
    """Slug → hash of what is stored; no hash for a row of another model, so that it counts as changed."""
    model = stored_model(embedder)
    rows = connection.execute("select slug, content_hash, embedding_model from moment.cooking_principles").fetchall()
    others = sorted({row["embedding_model"] for row in rows} - {model})
    if others and not reembed:
        raise IngestRefused(
            f"expected no vectors but those of {model}: similarities across models mean nothing. "
            f"Found: {', '.join(others)}. To replace them all, ingest again with --reembed"
        )
    return {row["slug"]: row["content_hash"] if row["embedding_model"] == model else "" for row in rows}


def _embedded(due: Sequence[_Row], embedder: Embedder, on_progress: OnProgress) -> Iterator[tuple[_Row, Vector]]:
    """The rows with their vectors, a batch at a time."""
    waiting, done = iter(due), 0
    while batch := list(islice(waiting, _BATCH)):
        yield from zip(batch, embedder.embed([row.text for row in batch]), strict=True)
        done += len(batch)
        on_progress(done, len(due))


def _write(connection: Connection, row: _Row, vector: Vector, embedder: Embedder) -> None:
    principle = row.principle
    values: dict[str, Any] = {
        **principle.model_dump(include={"slug", "title", "principle_text", "category", "dishes", "mistake_codes"}),
        "cues": Jsonb(principle.cues.model_dump()),
        "content_hash": row.content_hash,
        "embedding_model": stored_model(embedder),
        "embedding": PgVector(vector).to_text(),
        "keywords": row.keywords,
    }
    connection.execute(
        """insert into moment.cooking_principles
               (slug, title, principle_text, category, dishes, mistake_codes, cues, content_hash, embedding_model,
                embedding, keywords)
           values (%(slug)s, %(title)s, %(principle_text)s, %(category)s, %(dishes)s, %(mistake_codes)s, %(cues)s,
                   %(content_hash)s, %(embedding_model)s, %(embedding)s::vector, %(keywords)s::tsvector)
           on conflict (slug) do update set
               title = excluded.title, principle_text = excluded.principle_text, category = excluded.category,
               dishes = excluded.dishes, mistake_codes = excluded.mistake_codes, cues = excluded.cues,
               content_hash = excluded.content_hash, embedding_model = excluded.embedding_model,
               embedding = excluded.embedding, keywords = excluded.keywords""",
        values,
    )


def _write_dish(connection: Connection, dish: DishEntry) -> int:
    """1 when the row was new or said something else, 0 otherwise. Dishes are never deleted: sessions point at them."""
    return connection.execute(
        """insert into moment.dishes as stored
               (slug, name_ja, name_en, description_ja, principles, transferable_to, month_unlocked, position)
           values (%(slug)s, %(name_ja)s, %(name_en)s, %(description_ja)s, %(principles)s, %(transferable_to)s,
                   %(month_unlocked)s, %(position)s)
           on conflict (slug) do update set
               name_ja = excluded.name_ja, name_en = excluded.name_en, description_ja = excluded.description_ja,
               principles = excluded.principles, transferable_to = excluded.transferable_to,
               month_unlocked = excluded.month_unlocked, position = excluded.position
           where (stored.name_ja, stored.name_en, stored.description_ja, stored.principles, stored.transferable_to,
                  stored.month_unlocked, stored.position)
               is distinct from (excluded.name_ja, excluded.name_en, excluded.description_ja, excluded.principles,
                                 excluded.transferable_to, excluded.month_unlocked, excluded.position)""",
        dish.model_dump(exclude={"praise_ja"}),
    ).rowcount
