"""The two ways a stage fails: for good, or for now. Nothing else needs to be told apart by whoever calls."""

from shared.models.session import FailureCode


class Permanent(Exception):  # the name reads as the sentence it is raised in
    """Trying again cannot help. Becomes HTTP 422 with the code the cook's failure note is chosen by."""

    def __init__(self, code: FailureCode, detail: str) -> None:
        """`detail`: English, for engineers: what was expected and what was found."""
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail


class Transient(Exception):  # as above
    """Trying again later may help. Becomes HTTP 503 with Retry-After."""

    def __init__(self, detail: str, *, retry_after_s: float = 2.0) -> None:
        """`retry_after_s`: the earliest moment at which trying again makes sense, seconds from now."""
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class Superseded(Exception):  # as above
    """A newer upload of the same session took over: this run must not write anything any more. Becomes HTTP 409."""
