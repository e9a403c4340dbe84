"""The safe lesson: plain words known to pass every gate, for when nothing richer did."""

from shared.lesson.grammar import Choices, load_grammar
from shared.lesson.lesson import Lesson
from shared.models.coaching import Answer, CoachingText


def safe_text(lesson: Lesson) -> CoachingText:
    """The same few sentences for everybody, with the names of this lesson in them."""
    grammar, choices = load_grammar("safe"), Choices(str(lesson.session_id))
    material = {
        "name": [lesson.name],
        "dish": [lesson.dish_name],
        "title": [lesson.principle.title],
        "mistake": [] if lesson.mistake is None else [lesson.mistake.name_ja],
    }

    def say(symbol: str) -> str:
        return grammar.sentence(symbol, material, choices)

    back = say("back") if lesson.session_number > 1 else ""
    return CoachingText(
        praise=say("praise"),
        mondaiten=back + say("no_issue" if lesson.mistake is None else "problem"),
        skill=say("skill"),
        next_action=say("next_action"),
        success_sign=say("success_sign"),
        answers=[Answer(question=question, answer=say("answer")) for question in lesson.memo.questions],
    )
