"""The chat message, in its exact form."""

from datetime import UTC, datetime

from functions.deliver.message import lesson_message
from shared.models.coaching import Answer, CoachingText

LESSON = CoachingText(
    praise="花子さん、具材をそろえてから火をつけた段取りがとても良かったです。",
    mondaiten="ご飯を入れたときの音が小さく、鍋がまだ温まっていませんでした。",
    skill="鍋の熱は、最初の音で確かめられます。",
    next_action="ご飯をひと粒落として、はじける音がするまで待ちましょう。",
    success_sign="入れた瞬間に、はっきりした音が立ちのぼります。",
)


def message(lesson: CoachingText = LESSON, *, safety_alerts: list[str] | None = None) -> str:
    """The message of the second session of fried rice."""
    return lesson_message(
        lesson,
        dish="チャーハン",
        session_number=2,
        cooked_at=datetime(2026, 11, 19, 15, 30, tzinfo=UTC),
        safety_alerts=safety_alerts or [],
    )


def test_the_message_has_the_exact_form() -> None:
    assert message() == (
        "📅 2026/11/20  チャーハン 第2回セッション\n"
        "\n"
        "🍳 今回の問題点\n"
        "花子さん、具材をそろえてから火をつけた段取りがとても良かったです。\n"
        "ご飯を入れたときの音が小さく、鍋がまだ温まっていませんでした。\n"
        "\n"
        "🍳 2回目のセッションで身につけるべきスキル\n"
        "鍋の熱は、最初の音で確かめられます。\n"
        "\n"
        "次回試すこと\n"
        "ご飯をひと粒落として、はじける音がするまで待ちましょう。\n"
        "\n"
        "✅ 成功のサイン\n"
        "入れた瞬間に、はっきりした音が立ちのぼります。"
    )


def test_the_date_is_the_day_in_japan() -> None:
    assert "📅 2026/11/20" in message()


def test_answers_follow_the_lesson() -> None:
    answered = LESSON.model_copy(
        update={"answers": [Answer(question="油は足りますか？", answer="鍋の底が光れば足ります。")]}
    )
    assert message(answered).endswith("💬 ご質問への回答\nQ. 油は足りますか？\nA. 鍋の底が光れば足ります。")


def test_warnings_stand_apart_from_the_lesson() -> None:
    assert message(safety_alerts=["煙が出たら火を止めてください。"]).endswith(
        "⚠️ 安全のために\n煙が出たら火を止めてください。"
    )
