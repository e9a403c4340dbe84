"""The safe narration: plain words known to pass every gate, for when nothing richer did."""

from shared.gates.checks import PART1_SECONDS, PART2_SECONDS
from shared.gates.speech import estimated_seconds
from shared.gates.voice import sound_words
from shared.lesson.grammar import Choices, load_grammar
from shared.lesson.lesson import Lesson


def safe_parts(lesson: Lesson, readings: dict[str, str]) -> tuple[str, str]:
    """Part 1 and part 2: the plain sentences, as many as their time asks for."""
    grammar, choices = load_grammar("safe"), Choices(str(lesson.session_id))
    title = lesson.principle.title.replace("。", "、")
    speaks_of_sound = sound_words(title) is not None
    material = {
        "name": [lesson.name],
        "spoken_title": [] if speaks_of_sound and not lesson.analysis.has_sound else [title],
        "mistake": [] if lesson.mistake is None else [lesson.mistake.name_ja],
    }

    def say(symbol: str) -> list[str]:
        return grammar.lines(symbol, material, choices)

    problem = say("part1_no_issue" if lesson.mistake is None else "part1_problem")
    said = say("part1") + (say("part1_back") if lesson.session_number > 1 else []) + problem + say("part1_principle")
    part1 = _filled_up(said, say("part1_more"), [], PART1_SECONDS, readings)
    part2 = _filled_up(say("part2"), say("part2_more"), say("part2_rule"), PART2_SECONDS, readings)
    return part1, part2


def _filled_up(
    start: list[str], more: list[str], end: list[str], limits: tuple[float, float], readings: dict[str, str]
) -> str:
    """`start` and `end` with as many sentences of `more` between them as bring the whole nearest to the middle."""
    middle = sum(limits) / 2
    candidates = ["".join(start + more[:count] + end) for count in range(len(more) + 1)]
    return min(candidates, key=lambda text: abs(estimated_seconds(text, readings=readings) - middle))
