"""Table `moment.dishes`, seeded by `knowledge_base/ingest.py`."""

from uuid import UUID

from shared.database.connection import Connection
from shared.models.session import Dish

_COLUMNS = "id, slug, name_ja, name_en, description_ja, principles, transferable_to, month_unlocked, position"


def get(connection: Connection, dish_id: UUID) -> Dish:
    """The dish with this id.

    Raises:
        LookupError: there is none.
    """
    row = connection.execute(f"select {_COLUMNS} from moment.dishes where id = %s", [dish_id]).fetchone()
    if row is None:
        raise LookupError(f"no dish {dish_id}")
    return Dish.model_validate(row)


def everything(connection: Connection) -> list[Dish]:
    """All dishes, in the order they are taught."""
    rows = connection.execute(f"select {_COLUMNS} from moment.dishes order by month_unlocked, position").fetchall()
    return [Dish.model_validate(row) for row in rows]


def find(connection: Connection, slug: str) -> Dish | None:
    """The dish of this slug, or None."""
    row = connection.execute(f"select {_COLUMNS} from moment.dishes where slug = %s", [slug]).fetchone()
    return None if row is None else Dish.model_validate(row)
