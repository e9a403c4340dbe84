"""Table `moment.users`."""

from uuid import UUID

from shared.database.connection import Connection
from shared.models.session import User

_COLUMNS = """id, firebase_uid, email, first_name, name_reading, subscription_status, subscription_started_at,
    period_end, learner_profile, notification_prefs"""


def get(connection: Connection, user_id: UUID) -> User:
    """The user with this id.

    Raises:
        LookupError: there is none.
    """
    row = connection.execute(f"select {_COLUMNS} from moment.users where id = %s", [user_id]).fetchone()
    if row is None:
        raise LookupError(f"no user {user_id}")
    return User.model_validate(row)


def lock(connection: Connection, user_id: UUID) -> User:
    """The user, locked until the transaction ends: what must happen once per user waits its turn here."""
    row = connection.execute(f"select {_COLUMNS} from moment.users where id = %s for update", [user_id]).fetchone()
    if row is None:
        raise LookupError(f"no user {user_id}")
    return User.model_validate(row)


def find_or_create(connection: Connection, firebase_uid: str, **fields: object) -> User:
    """The user of this identity; created with `fields` (column → value) and an empty learner state on first sight."""
    columns = ["firebase_uid", *fields]
    connection.execute(
        f"insert into moment.users ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})"
        " on conflict (firebase_uid) do nothing",
        [firebase_uid, *fields.values()],
    )
    row = connection.execute(f"select {_COLUMNS} from moment.users where firebase_uid = %s", [firebase_uid]).fetchone()
    if row is None:
        raise LookupError(f"user {firebase_uid} vanished while it was created")
    user = User.model_validate(row)
    connection.execute("insert into moment.learner_states (user_id) values (%s) on conflict do nothing", [user.id])
    return user


def rename(connection: Connection, user_id: UUID, *, first_name: str, name_reading: str | None) -> None:
    """Set how the coach addresses the cook."""
    connection.execute(
        "update moment.users set first_name = %s, name_reading = %s where id = %s", [first_name, name_reading, user_id]
    )
