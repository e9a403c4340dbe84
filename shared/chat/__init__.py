"""The live half of the data: rooms and messages, the live view of a session, in-app notifications.

`store.py` is the seam; each implementation passes the same contract tests.
"""

from shared.chat.store import Chat

__all__ = ["Chat"]
