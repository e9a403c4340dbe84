"""`time.*`: seconds since 1970 to ISO 8601 text and back.

Source: cloud.google.com/workflows/docs/reference/stdlib/time
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local.workflows.errors import system_error
from local.workflows.standard_library.registry import Number, library_function


@library_function("time.format")
def format_time(seconds: Number, timezone: str = "UTC") -> str:
    """The ISO 8601 text of a point in time, in a zone of the tz database."""
    try:
        moment = datetime.fromtimestamp(seconds, ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError, OSError, OverflowError) as error:
        raise system_error("ValueError", f"time.format: {error}") from None
    text = moment.isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z") if timezone == "UTC" else text


@library_function("time.parse")
def parse_time(value: str) -> float:
    """The point in time of an ISO 8601 text, in seconds; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise system_error("ValueError", f"time.parse: {error}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
