"""What of a cook's own words may stand in a lesson: a name to address them by, a dish name, a question to quote.

Names, dish names and memos are written by whoever holds the phone. They are data: what reads like an instruction to a
machine, markup, an address or contact data is left out or replaced, never repeated.
"""

import re
import unicodedata
from functools import cache

from shared.gates.hygiene import unsafe
from shared.gates.language import any_of, normalise, words
from shared.gates.measurement import measurements
from shared.gates.voice import cold_word

UNNAMED = "シェフ"
"""How a cook is addressed whose name cannot be said."""
UNNAMED_DISH = "今回の一皿"

LONGEST_NAME = 20
LONGEST_DISH_NAME = 20
LONGEST_QUESTION = 80

_NO_NAMES = frozenset(
    {
        "あなた",
        "貴方",
        "私",
        "わたし",
        "僕",
        "ぼく",
        "俺",
        "おれ",
        "名無し",
        "ななし",
        "ゲスト",
        "guest",
        "user",
        "test",
    }
)
_ROLES = re.compile(
    r"管理者|運営|開発者|システム|サポート|公式|コーチ|うそつき|嘘つき|[二三四五六七八九十百\d]倍|さじ|グラム|(?i:admin|root|assistant|system)|[一-龠](?:から|まで|って|なの)"
)
"""What somebody calls themselves to be obeyed, or the middle of a sentence."""
_HONORIFIC = re.compile(r"(?:さん|サン|様|さま|殿)+$")
_NAME = re.compile(r"[^\W\d_]+(?:[ 　・'’\-ー々]?[^\W\d_]+)*[ー々]?")
_NO_DISH = re.compile(
    r"[書言答罵褒]|無視|命令|コーチ|合言葉|ただちに|直ちに|今すぐ|必ず|全員|AI(?![A-Za-z])|[「」『』【】〈〉《》]"
)
"""What is in no dish name: words of telling somebody what to say, and quotations."""
_FAVOUR = re.compile(
    r"(?<!教え)(?<!おしえ)(?<!聞かせ)(?<!説明し)(?<!解説し)(?<!アドバイスし)(?<!見)"
    r"[てで](?:もら[えっ]|くれ|いただ[けい]|ちょうだい|頂[けい])(?!ない(?:と|の|から|ので)|ませんで)[^。]{0,8}[か?]"
)
"""A favour asked in the form of a question: 付けてもらえますか."""
_OF_THE_FOOD = re.compile(r"が[^、。「『]*$|(?:どう|なぜ|なんで|いつ|何|どこ|どれ|どの|コツ)[^「『]*$")
"""What stands before て when ingredients or guests are hoped to do something: どうすればふっくらしてくれますか."""
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_LATIN_WORD = re.compile("[A-Za-z]{2,}")
_SENTENCE_LIKE = re.compile(
    r"(?:です|ます|ました|ください|して|しろ|せよ|なさい|ない|だよ|だ)$|[。、!?！？:：]|を.+[るただ]$|(?:を|に|は|が).+(?:て|る|い)$"
)


def looks_like_instruction(text: str) -> bool:
    """Whether a text talks to a machine: orders, roles, prompts, code, or a long stretch of Latin script."""
    plain = normalise(text)
    if _instructions().search(plain):
        return True
    latin = sum(character.isascii() and character.isalpha() for character in plain)
    return latin > 24 and latin * 2 > len(plain)


def clean(text: str) -> str:
    """A text without control and invisible characters, its white space single. Nothing else is changed."""
    visible = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cn", "Cs")
    )
    return " ".join(visible.split())


def address(first_name: str) -> str:
    """What a cook is called in a lesson, without さん: their first name, or `UNNAMED` when it is no name."""
    name = _HONORIFIC.sub("", clean(first_name)).strip()
    usable = 0 < len(name) <= LONGEST_NAME and _NAME.fullmatch(name) and not _SENTENCE_LIKE.search(name)
    usable = usable and cold_word(name) is None and name.casefold() not in _NO_NAMES and not _ROLES.search(name)
    return name if usable and _harmless(name) else UNNAMED


def dish_label(name: str) -> str:
    """A dish name as a lesson may write it: the cook's own, or `UNNAMED_DISH` when it is no dish name."""
    label = clean(name)
    usable = 0 < len(label) <= LONGEST_DISH_NAME and not _SENTENCE_LIKE.search(label)
    usable = usable and not _NO_DISH.search(normalise(label)) and cold_word(label) is None and not measurements(label)
    return label if usable and _harmless(label) else UNNAMED_DISH


def quotable_question(question: str) -> str | None:
    """A question as a lesson may quote it, at most `LONGEST_QUESTION` characters; None when it may not be repeated."""
    quoted = clean(question)
    if not quoted or not _harmless(quoted) or _asks_a_favour(quoted) or _is_foreign_to_the_kitchen(quoted):
        return None
    return quoted if len(quoted) <= LONGEST_QUESTION else quoted[: LONGEST_QUESTION - 1] + "…"


def _is_foreign_to_the_kitchen(question: str) -> bool:
    """Whether a question without any kana holds no word of cooking: it is for a machine, not for a coach."""
    plain = normalise(question)
    return not _KANA.search(plain) and bool(_LATIN_WORD.search(plain)) and not _kitchen().search(plain)


def _asks_a_favour(question: str) -> bool:
    plain = normalise(question)
    favour = _FAVOUR.search(plain)
    return favour is not None and not _OF_THE_FOOD.search(plain[: favour.start()])


def _harmless(text: str) -> bool:
    return not looks_like_instruction(text) and not unsafe(text) and not _offensive().search(normalise(text))


@cache
def _kitchen() -> re.Pattern[str]:
    return any_of(words("hygiene")["kitchen"])


@cache
def _offensive() -> re.Pattern[str]:
    return any_of(words("hygiene")["offensive"])


@cache
def _instructions() -> re.Pattern[str]:
    return any_of(words("hygiene")["instructions"] + words("hygiene")["leakage"])
