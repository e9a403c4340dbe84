"""What can keep the embedded Postgres from starting.

Each message says what was expected, what was found and what to do.
"""


class PostgresError(RuntimeError):
    """The embedded Postgres cannot be started, or did not stay up."""


class ClusterUnusable(PostgresError):
    """What lies in the data directory is no cluster this launcher can run."""


class NoUnprivilegedAccount(PostgresError):
    """Running as root, and the machine has no account Postgres could run under."""
