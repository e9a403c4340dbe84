"""What a cook hands in on the command line, checked before anything is started."""

import unicodedata
from pathlib import Path

from pydantic import ValidationError

from local.coaching import Order
from local.command import exits
from local.command.texts import Said, Stopped, command_texts, usage
from shared.models.session import FailureCode, SelfRatings
from shared.opening import FREE_DISH, Refusal
from shared.storage import MAX_MEMO_BYTES, MAX_VIDEO_BYTES
from shared.texts import failure_note
from shared.upload_names import MEMO_TYPES, VIDEO_TYPES

MEMO_LIMIT = 2000
"""Characters of a typed memo."""
NAME_LIMIT = 100
"""Characters of a cook's or a dish's name."""
RATING_NAMES = ("appearance", "taste", "texture", "aroma")
TEXT_SUFFIXES = (".txt", ".md")
NO_TEXT = ("Cc", "Cs")
"""Unicode categories that a typed memo does not hold, blanks aside: control characters and halves of surrogates."""


def check_video(video: Path) -> Path:
    """The video, if it is a file a phone could send.

    Raises:
        Stopped: it is missing (usage), or would be refused for its kind or size (refused).
    """
    if not video.is_file():
        raise usage("no_such_video", exits.USAGE, video)
    size = video.stat().st_size
    if size > MAX_VIDEO_BYTES:
        raise refused(FailureCode.TOO_LARGE, f"at most {MAX_VIDEO_BYTES} bytes are expected. Found: {size}")
    if size == 0:
        raise refused(FailureCode.UNREADABLE_VIDEO, f"{video.name} is empty")
    if video.suffix.lstrip(".").lower() not in VIDEO_TYPES:
        expected = ", ".join(VIDEO_TYPES)
        raise refused(
            FailureCode.UNREADABLE_VIDEO, f"one of {expected} is expected. Found: {video.suffix or video.name}"
        )
    return video


def refused(code: FailureCode, detail: str) -> Stopped:
    """The video is refused: the cook's note in Japanese, the reason and the detail in English."""
    english = f"{command_texts().refused[code]} ({detail})" if detail else command_texts().refused[code]
    return Stopped(exits.REFUSED, Said(ja=failure_note(code).replace("\n", " "), en=english))


def read_memo(memo: Path | None, text: str | None) -> tuple[Path | None, str | None]:
    """A recording to upload, or a typed memo, or neither.

    Raises:
        Stopped: both are given, the file is missing, of another kind, unreadable, or too long.
    """
    if memo is not None and text is not None:
        raise usage("two_memos", exits.USAGE)
    if memo is not None:
        if not memo.is_file():
            raise usage("no_such_memo", exits.USAGE, memo)
        if memo.suffix.lstrip(".").lower() in MEMO_TYPES:
            if memo.stat().st_size > MAX_MEMO_BYTES:
                raise usage("memo_too_large", exits.USAGE, f"{memo.stat().st_size} bytes")
            return memo, None
        text = _text_of(memo)
    return None, None if text is None else _typed(text)


def _text_of(memo: Path) -> str:
    if memo.suffix.lower() not in TEXT_SUFFIXES:
        raise usage("memo_kind", exits.USAGE, memo.name)
    try:
        return memo.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise usage("memo_unreadable", exits.USAGE, error) from error


def _typed(text: str) -> str | None:
    if len(text) > MEMO_LIMIT:
        raise usage("memo_too_long", exits.USAGE, f"{len(text)} characters")
    if any(unicodedata.category(character) in NO_TEXT and not character.isspace() for character in text):
        raise usage("memo_unreadable", exits.USAGE, "control characters")
    return text.strip() or None


def read_ratings(text: str | None) -> SelfRatings | None:
    """Four numbers with commas between them, or nothing.

    Raises:
        Stopped: there are not four, or one is no number from 1 to 5.
    """
    if text is None:
        return None
    try:
        numbers = [int(part) for part in text.split(",")]
        if len(numbers) != len(RATING_NAMES):
            raise usage("ratings", exits.USAGE, text)
        return SelfRatings.model_validate(dict(zip(RATING_NAMES, numbers, strict=True)))
    except (ValueError, ValidationError) as error:
        raise usage("ratings", exits.USAGE, text) from error


def check_name(name: str) -> str:
    """The cook's first name on one line.

    Raises:
        Stopped: it is empty, too long, or holds control characters.
    """
    if not _is_name(name):
        raise usage("name", exits.USAGE, repr(name))
    return name.strip()


def _is_name(text: str) -> bool:
    stripped = text.strip()
    return 0 < len(stripped) <= NAME_LIMIT and stripped.isprintable()


def check_dish(dish: str, dish_name: str | None) -> None:
    """Whether this dish is taught, from the knowledge base.

    Raises:
        Stopped: there is no such dish, or a name is missing, superfluous or none.
    """
    from knowledge_base.catalogue import load_catalogue

    known = load_catalogue().dishes
    if dish not in known:
        raise session_refused(Refusal.UNKNOWN_DISH, f"Expected one of: {', '.join(known)}. Found: {dish}")
    if (dish == FREE_DISH) != (dish_name is not None):
        raise session_refused(Refusal.DISH_NAME_NEEDED, f"Use --dish-name with --dish {FREE_DISH}.")
    if dish_name is not None and not _is_name(dish_name):
        raise usage("dish_name", exits.USAGE, repr(dish_name))


def session_refused(refusal: Refusal, detail: str) -> Stopped:
    """No session can be opened."""
    said = command_texts().sessions[refusal]
    return Stopped(exits.USAGE, Said(ja=said.ja, en=f"{said.en} {detail[:1].upper()}{detail[1:]}".strip()))


def order_of(  # what a cook hands in
    video: Path,
    *,
    dish: str,
    dish_name: str | None,
    name: str,
    memo: Path | None,
    memo_text: str | None,
    ratings: str | None,
) -> Order:
    """Everything checked and put together; the video is checked by `check_video`, or still to be filmed.

    Raises:
        Stopped: one of the others cannot be.
    """
    check_dish(dish, dish_name)
    memo_file, typed = read_memo(memo, memo_text)
    return Order(
        video=video,
        dish=dish,
        custom_dish_name=None if dish_name is None else dish_name.strip(),
        first_name=check_name(name),
        memo_file=memo_file,
        memo_text=typed,
        ratings=read_ratings(ratings),
    )
