"""The words a lesson brings to the patterns: names, moments, and the fragments of its mistake, by slot.

What may be said decides what is brought: nothing heard when the film is silent, no rating nobody gave. A pattern that
needs what is missing is then never chosen.
"""

import re

from knowledge_base.fragments import words_about
from knowledge_base.models import MistakeWords, RatingSign, SignalSign
from shared.gates import hygiene
from shared.gates.measurement import measurements
from shared.gates.voice import cold_ending, cold_word, sound_words
from shared.lesson.grammar import load_grammar
from shared.lesson.lesson import Lesson
from shared.models.analysis import Evidence, Sign

HEARD = frozenset(
    {
        Sign.WEAK_SIZZLE,
        Sign.SIZZLE_COLLAPSE,
        Sign.SIZZLE_FADING,
        Sign.FIERCE_SIZZLE,
        Sign.LONG_SILENCE,
        Sign.LATE_BURST,
        Sign.SPLATTER,
    }
)
"""Signs a cook hears; the others are seen."""
LONGEST_SPOKEN_PRAISE = 46
LONGEST_PRAISE = 90
"""Characters of the analysis's praise that fit into a sentence with an address and a lead."""
RATED = {"appearance": "見た目", "taste": "味", "texture": "食感", "aroma": "香り"}
MUCH_PRAISE, GENTLE, DIRECT = "たくさんほめてほしい", "やさしく教えてほしい", "はっきり言ってほしい"
"""Options of the onboarding question `coaching_tone`."""
LOW_RATING = 3

_PLAIN_ENDINGS = (
    ("いです", "い"),
    ("ています", "ている"),
    ("ていました", "ていた"),
    ("てきました", "てきた"),
    ("でした", "だった"),
)
_UNSPEAKABLE = re.compile(r"[0-9A-Za-z「」『』（）()]")
_TIME_CODE = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?:ごろ|ころ|あたり|前後|過ぎ|すぎ)?")
_ADDRESS = re.compile(r"^[^、。]{1,20}さん、")


def time_code(seconds: float) -> str:
    """A moment as a cook reads it on a player: 0:42."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def material_of(lesson: Lesson) -> dict[str, list[str]]:
    """Every slot a pattern may ask for; an empty list where this lesson has nothing."""
    return {
        **_names(lesson),
        **topic_material(words_about(lesson.topic.code), has_sound=lesson.analysis.has_sound),
        **_moments(lesson),
        **_praise(lesson),
        **_conditions(lesson),
    }


def _names(lesson: Lesson) -> dict[str, list[str]]:
    earlier = lesson.earlier_mistake
    title = lesson.principle.title
    spoken_title = title.replace("。", "、")
    return {
        "name": [lesson.name],
        "dish": [lesson.dish_name],
        "nth": [f"{lesson.session_number}回目"],
        "title": [title],
        "spoken_title": [spoken_title] if _may_be_said(spoken_title, lesson) else [],
        "mistake": [] if lesson.mistake is None else [lesson.mistake.name_ja],
        "before": [] if earlier is None else [earlier.name_ja],
        "transfer": [name for name in lesson.transfers if name != lesson.dish_name],
    }


def topic_material(words: MistakeWords, *, has_sound: bool) -> dict[str, list[str]]:
    """The slots that speak of one mistake."""
    heard = words.success_heard if has_sound else []
    return {
        "scene": words.scene,
        "sight": words.sight,
        "why": words.why,
        "effect": words.effect,
        "action": words.action,
        "aim": words.aim,
        "success": heard + words.success_seen,
        "success_heard": heard,
        "success_seen": words.success_seen,
        "result": words.result,
        "look": words.look,
        "listen": words.listen if has_sound else [],
        "rule": words.rule,
        "rule_if": [_condition(rule) for rule in words.rule],
    }


def _condition(rule: str) -> str:
    """A rule as the condition of what follows; after ない a bare と would read like a must."""
    return f"{rule}ようにすると" if rule.endswith("ない") else f"{rule}と"


def _moments(lesson: Lesson) -> dict[str, list[str]]:
    clauses = load_grammar("signs").rules
    of_topic = {sign.signal for sign in lesson.topic.signs if isinstance(sign, SignalSign)}
    found = sorted(
        (item for item in lesson.analysis.evidence if item.sign in of_topic and lesson.mistake is not None),
        key=lambda item: -item.strength,
    )
    heard = next((item for item in found if item.sign in HEARD and lesson.analysis.has_sound), None)
    seen = next((item for item in found if item.sign not in HEARD), None)

    def told(item: Evidence | None) -> list[str]:
        return [] if item is None else list(clauses[item.sign.value])

    def at(seconds: float | None) -> list[str]:
        return [] if seconds is None else [time_code(seconds)]

    def place(seconds: float | None) -> list[str]:
        return [] if seconds is None else [_place(seconds, lesson.duration_s)]

    key_moment_s = lesson.analysis.key_moment_s
    heard_s, seen_s = (None if item is None else item.time_s for item in (heard, seen))
    return {
        "at": at(key_moment_s),
        "where": place(key_moment_s),
        "heard": told(heard),
        "heard_at": at(heard_s),
        "heard_where": place(heard_s),
        "seen": told(seen),
        "seen_at": at(seen_s),
        "seen_where": place(seen_s),
    }


def _place(seconds: float, duration_s: float) -> str:
    """Where in a film a moment is, in words that can stand before の, で and から."""
    share = seconds / duration_s if duration_s > 0 else 0.0
    bounds = ((0.2, "はじめのほう"), (0.45, "前半"), (0.58, "中ほど"), (0.8, "後半"))
    return next((place for bound, place in bounds if share < bound), "終わりのほう")


def _praise(lesson: Lesson) -> dict[str, list[str]]:
    """The praise of the analysis, made one clause; nothing when it may not be said as it is."""
    praise = _ADDRESS.sub("", lesson.analysis.praise.strip()).rstrip("。！!")
    praise = re.sub(r"(?<=[すた])。", "が、", praise)
    plain = _plain(praise)
    moment_s = _named_moment_s(praise)
    spoken = _TIME_CODE.sub(_place(moment_s, lesson.duration_s), praise) if moment_s is not None else praise
    spoken_plain = _plain(spoken)
    speakable = _sayable(spoken, lesson) and len(spoken) <= LONGEST_SPOKEN_PRAISE and not _UNSPEAKABLE.search(spoken)
    return {
        "well_done": [praise] if _sayable(praise, lesson) else [],
        "done_plainly": [plain] if plain is not None and _sayable(praise, lesson) else [],
        "spoken_well_done": [spoken] if speakable else [],
        "spoken_done_plainly": [spoken_plain] if spoken_plain is not None and speakable else [],
    }


def _plain(sentence: str) -> str | None:
    """A polite sentence in plain style, so that と感じました may follow; None where that is not sure to be right."""
    for polite, plain in _PLAIN_ENDINGS:
        if sentence.endswith(polite):
            return sentence.removesuffix(polite) + plain
    return None


def _named_moment_s(text: str) -> float | None:
    found = _TIME_CODE.search(text)
    if found is None:
        return None
    minutes, seconds = re.findall(r"\d+", found.group())[:2]
    return int(minutes) * 60.0 + int(seconds)


def _sayable(praise: str, lesson: Lesson) -> bool:
    return (
        0 < len(praise) <= LONGEST_PRAISE
        and "。" not in praise
        and not cold_ending(praise)
        and not cold_word(praise)
        and not measurements(praise, names=(lesson.dish_name,))
        and not hygiene.unsafe(praise)
        and hygiene.not_japanese(praise) is None
        and _may_be_said(praise, lesson)
    )


def _may_be_said(text: str, lesson: Lesson) -> bool:
    return lesson.analysis.has_sound or sound_words(text) is None


def _conditions(lesson: Lesson) -> dict[str, list[str]]:
    """Slots that are filled with nothing, and only there when their condition holds; and the low ratings."""
    mood, tone = lesson.memo.emotional_state, lesson.profile.get("coaching_tone")
    velocity = lesson.state.learning_velocity
    ratings: dict[str, int] = {} if lesson.ratings is None else lesson.ratings.model_dump()
    of_topic: dict[str, int] = {
        sign.rating: sign.at_most for sign in lesson.topic.signs if isinstance(sign, RatingSign)
    }
    low = [
        RATED[name]
        for name, rating in ratings.items()
        if rating <= min(LOW_RATING, of_topic.get(name, 0)) and lesson.mistake is not None
    ]
    conditions = {
        "if_memo": bool(lesson.memo.identified_issues),
        "if_nothing_said": not lesson.memo.identified_issues and not low,
        "if_unheard_memo": lesson.unheard_memo,
        "if_anxious": mood == "anxious",
        "if_frustrated": mood == "frustrated",
        "if_proud": mood == "proud",
        "if_confident": mood == "confident",
        "if_praised": tone == MUCH_PRAISE,
        "if_gentle": tone == GENTLE,
        "if_direct": tone == DIRECT,
        "if_neutral": tone not in (GENTLE, DIRECT),
        "if_fast": velocity == "fast",
        "if_steady": velocity == "steady",
        "if_slow": velocity in ("slow", "plateau"),
    }
    return {"low": low, **{name: [""] if holds else [] for name, holds in conditions.items()}}
