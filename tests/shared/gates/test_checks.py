"""What a whole text must hold: each test breaks one thing of a good lesson and expects that gate, and no other."""

import pytest

from shared.gates import LessonFacts, check_answer, check_coaching, check_narration
from shared.gates.facts import GateFailure
from shared.models.coaching import Answer, CoachingText
from shared.texts import texts

FACTS = LessonFacts(name="花子", dish_name="チャーハン", session_number=1, has_sound=True)
LESSON = CoachingText(
    praise="花子さん、段取りがとても良かったです。",
    mondaiten="0:42あたり、ご飯を入れた音が小さく、鍋がまだ温まっていないので、水分が残りました。",
    skill="鍋の熱は、最初の音で確かめられます。",
    next_action="ご飯をひと粒落として、はじける音がするまで待ちましょう。",
    success_sign="入れた瞬間に、はっきりした音が立ちのぼります。",
)
PART1 = (
    "花子さん、チャーハンの動画を、はじめから終わりまで見せていただきました。"
    "まず、手の動きに迷いがなく、落ち着いて料理に向き合えていました。"
    "前半で、具材が触れたときの音が、小さくこもっていたのに気づきました。"
    "鍋が温まる前に具材を入れたことで、水分が鍋に残り、焼くより先に煮えはじめるのです。"
    "覚えておきたいのは、具材より先に、鍋を熱くする、という原理です。"
    "では、前半の場面をいっしょに見ていきましょう。"
)
PART2 = (
    "ここで、具材が触れた瞬間の、ふちの泡立ちに注目してください。"
    "続けて、具材が触れたときの音の大きさをよく聞いてみましょう。"
    "忘れずに、鍋が熱くなってから具材を入れる、これが決め手です。"
)


def gates_of(failures: list[GateFailure]) -> set[str]:
    return {failure.gate for failure in failures}


def facts(**changes: object) -> LessonFacts:
    return FACTS.model_copy(update=changes)


def test_a_good_lesson_passes() -> None:
    assert check_coaching(LESSON, FACTS) == []


@pytest.mark.parametrize(
    ("field", "text", "gate"),
    [
        ("praise", "花子さん、手つきがすばらしい一皿でしたが、塩は大さじ2でした。", "no_measurement"),
        ("skill", "油を2倍に増やすと、音が明るく変わります。", "no_measurement"),
        ("next_action", "鍋を温めましょう。油も足してください。", "one_action"),
        ("success_sign", "うまくいけば、それで成功なのです。", "sensory_cue"),
        ("mondaiten", "0:42あたり、ご飯を入れた音が小さく聞こえていました。", "reason"),
        ("skill", "鍋の熱は、最初の音で確かめること。とても大切な原理だ。", "warm_endings"),
        ("skill", "こんなに下手な火加減では、おいしくなりません。", "kind_words"),
        ("next_action", "もう少し待ってから、ご飯を入れましょう。", "specific"),
        ("skill", "システムプロンプトに書かれた原理をお伝えします。", "no_leakage"),
        ("skill", "くわしい原理は www.example.com を見てください。", "no_links"),
        ("skill", "**鍋の熱**は、最初の音で確かめられます。", "no_markup"),
        ("skill", "鍋の熱は、最初の音で確かめられます🍳", "no_emoji"),
        ("skill", "鍋の熱は、最初の\u200b音で確かめられます。", "no_control_characters"),
        ("skill", "ご連絡は hanako@example.com へお願いいたします。", "no_personal_data"),
        ("skill", "Listen to the pan: the very first sound tells you.", "japanese"),
    ],
)
def test_one_thing_wrong_in_a_text_is_named(field: str, text: str, gate: str) -> None:
    assert gate in gates_of(check_coaching(LESSON.model_copy(update={field: text}), FACTS))


def test_a_failure_says_which_field_and_what_was_found() -> None:
    wrong = LESSON.model_copy(update={"skill": "油を2倍に増やすと、音が明るく変わります。"})
    (failure,) = check_coaching(wrong, FACTS)
    assert failure.reason.startswith("skill: expected observable states")
    assert "2倍" in failure.found


def test_the_cook_s_name_must_be_there() -> None:
    assert gates_of(check_coaching(LESSON, facts(name="太郎"))) == {"name_san"}


def test_a_name_or_a_dish_with_a_number_or_a_sound_in_it_is_no_measurement_and_no_sound() -> None:
    text = LESSON.model_copy(
        update={
            "praise": "三千代さん、爆音ラーメンの湯気がとても良かったです。",
            "mondaiten": "湯気が少ないので、熱が足りませんでした。",
        }
    )
    assert check_coaching(text, facts(name="三千代", dish_name="爆音ラーメン", has_sound=False)) == []


def test_a_name_that_is_a_word_of_the_senses_hides_no_sense() -> None:
    text = LESSON.model_copy(
        update={
            "praise": "香さん、段取りがとても良かったです。",
            "success_sign": "香ばしい香りが、ふわりと立ちのぼります。",
        }
    )
    assert check_coaching(text, facts(name="香")) == []


def test_from_the_second_session_on_the_lesson_refers_back() -> None:
    assert gates_of(check_coaching(LESSON, facts(session_number=2))) == {"refers_back"}
    back = LESSON.model_copy(update={"mondaiten": "前回より良い音でしたが、熱が足りないので水分が残りました。"})
    assert check_coaching(back, facts(session_number=2)) == []


def test_nothing_was_heard_in_a_silent_film_but_listening_next_time_is_fine() -> None:
    assert gates_of(check_coaching(LESSON, facts(has_sound=False))) == {"no_sound_claim"}
    seen = LESSON.model_copy(update={"mondaiten": "0:42あたり、湯気が少ないので、熱が足りなかったようです。"})
    assert check_coaching(seen, facts(has_sound=False)) == []


def test_every_question_is_answered() -> None:
    asked = facts(questions=["油はいつ入れますか？"])
    assert gates_of(check_coaching(LESSON, asked)) == {"questions_answered"}
    answered = LESSON.model_copy(
        update={"answers": [Answer(question="油はいつ入れますか？", answer="鍋が温まってから入れてみてください。")]}
    )
    assert check_coaching(answered, asked) == []


def test_a_quoted_question_may_speak_of_measures_but_an_answer_may_not() -> None:
    asked = facts(questions=["何分焼けばいいですか？"])
    good = Answer(question="何分焼けばいいですか？", answer="ふちが色づくまで待ってみてください。")
    assert check_coaching(LESSON.model_copy(update={"answers": [good]}), asked) == []
    bad = good.model_copy(update={"answer": "3分焼いてみてください。"})
    assert gates_of(check_coaching(LESSON.model_copy(update={"answers": [bad]}), asked)) == {"no_measurement"}


def test_what_is_no_lesson_fails_the_schema_alone() -> None:
    (failure,) = check_coaching({"praise": "短い"}, FACTS)
    assert failure.gate == "schema_and_lengths"


def test_private_strings_never_come_out() -> None:
    told = LESSON.model_copy(update={"skill": "あなたの番号 uid-778899 を覚えておきましょう。"})
    assert "no_personal_data" in gates_of(check_coaching(told, facts(private=["uid-778899"])))


def test_a_good_narration_passes() -> None:
    assert check_narration(PART1, texts().pivot, PART2, FACTS) == []


@pytest.mark.parametrize(
    ("part1", "pivot", "part2", "gate"),
    [
        (PART1, "動画でそのポイントを見てみましょう", PART2, "pivot_constant"),
        (PART1 + PART1, None, PART2, "schema_and_lengths"),
        (PART1, None, "ここで湯気を見てください。", "schema_and_lengths"),
        (PART1.replace("花子さん、", ""), None, PART2, "name_san"),
        (PART1, None, PART2.replace("具材が触れた瞬間の", "0:42の"), "speakable"),
        (PART1.replace("具材より先に、鍋を熱くする、", "「鍋を熱くする」"), None, PART2, "speakable"),
    ],
)
def test_one_thing_wrong_in_a_narration_is_named(part1: str, pivot: str | None, part2: str, gate: str) -> None:
    assert gate in gates_of(check_narration(part1, pivot or texts().pivot, part2, FACTS))


def test_a_silent_film_is_not_listened_to() -> None:
    failures = check_narration(PART1, texts().pivot, PART2, facts(has_sound=False))
    assert gates_of(failures) == {"no_sound_claim"}
    assert {failure.reason.split(":")[0] for failure in failures} == {"part1", "part2"}


def test_an_answer_in_the_chat_is_kind_and_names_the_cook() -> None:
    assert check_answer("花子さん、ふちが色づくまで待ってみてください。", FACTS) == []
    assert gates_of(check_answer("3分待て。", FACTS)) >= {"name_san", "no_measurement", "warm_endings"}
