"""The chat message of a lesson, in its exact form. Plain text: nothing in it is markup, whatever it holds."""

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.models.coaching import CoachingText
from shared.texts import texts

JST = ZoneInfo("Asia/Tokyo")


def lesson_message(
    coaching: CoachingText, *, dish: str, session_number: int, cooked_at: datetime, safety_alerts: list[str]
) -> str:
    """The message a cook reads.

    The praise is the first line of the problem's paragraph; warnings and answers follow the lesson.
    """
    words = texts().message
    paragraphs = [
        words.date_and_title.format(
            date=cooked_at.astimezone(JST).strftime("%Y/%m/%d"), dish=dish, number=session_number
        ),
        f"{words.problem}\n{coaching.praise}\n{coaching.mondaiten}",
        f"{words.skill.format(number=session_number)}\n{coaching.skill}",
        f"{words.next_action}\n{coaching.next_action}",
        f"{words.success_sign}\n{coaching.success_sign}",
    ]
    if safety_alerts:
        paragraphs.append("\n".join([words.safety, *safety_alerts]))
    if coaching.answers:
        answers = [
            f"{words.question.format(question=each.question)}\n{words.answer.format(answer=each.answer)}"
            for each in coaching.answers
        ]
        paragraphs.append("\n".join([words.answers, *answers]))
    return "\n\n".join(paragraphs)
