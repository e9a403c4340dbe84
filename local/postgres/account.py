"""Which account Postgres runs under. Postgres refuses to run as root, so root has to hand it to somebody else.

Nobody else: whoever may read the home runs Postgres as themselves.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from local.postgres.errors import ClusterUnusable, NoUnprivilegedAccount

ROOT = 0
CANDIDATES = ("postgres", "nobody", "daemon")
"""Accounts no person logs in with, the most fitting first."""


@dataclass(frozen=True)
class Account:
    """An unprivileged account that root drops to."""

    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """The account that runs the cluster in `data` (which need not exist yet), or None to run it as ourselves.

    A cluster stays with the account it was made for: it is its files' owner that decides, so a home that was made by a
    person keeps working, and stays theirs, when it is used as root.

    Raises:
        ClusterUnusable: the files belong to somebody we cannot run as.
        NoUnprivilegedAccount: root, a new cluster, and none of `CANDIDATES` exists.
    """
    ourselves = os.geteuid()
    owner = data.stat() if data.exists() else None
    if ourselves != ROOT:
        if owner is not None and owner.st_uid != ourselves:
            raise ClusterUnusable(
                f"{data} belongs to user id {owner.st_uid}. Expected: ours, {ourselves}. "
                "It was made by another user (or by root): run as that user, or use another home"
            )
        return None
    if owner is not None:
        if owner.st_uid == ROOT:
            raise ClusterUnusable(
                f"{data} belongs to root. Expected: an unprivileged owner, because Postgres refuses to run as root. "
                f"Give it back with: chown -R {new_account().uid} {data}"
            )
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    return new_account()


def new_account(candidates: tuple[str, ...] = CANDIDATES) -> Account:
    """The account a cluster made by root will belong to."""
    for name in candidates:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != ROOT:
            return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise NoUnprivilegedAccount(
        f"running as root, and Postgres refuses to. Expected: one of the accounts {', '.join(candidates)} to run it "
        "under. Found: none of them in the user database. Add one with: useradd --system --no-create-home postgres, "
        "or run as a user who is not root"
    )
