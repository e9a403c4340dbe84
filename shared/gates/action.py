"""Counts what a cook is asked to do: a lesson asks for exactly one thing.

「鍋を温めて、音を確かめましょう」 is one flow and counts as one; two requests, an added request (また、さらに…), a
choice (または), a list, or two different knobs turned in one sentence count as more. Conditions (〜たら、〜まで、
〜てから、〜ので) and looking, listening or waiting are part of the one action they lead to.
"""

import re

from shared.gates.language import normalise, sentences, unquoted, words

REQUEST = re.compile(
    r"ましょう|[てで]ください|[てで]みてください|ませんか|[てで]ほしいです|[てで]もらえますか|お願いします|[てで]みて(?=[。!]|$)"
    r"|(?:試す|試してみる|取り組む|挑戦する|[てで](?:ほしい|いただきたい))のは(?=[^。]*です)"
    r"|(?:のが|ことを)(?:お(?:すすめ|勧め)|いち?おし)|みると(?:いい|よい|良い)で"
)
_BODY = re.compile(r"(?:手|耳|目|鼻|顔|息|指|視線|箸|へら|ヘラ|腕|肩)を")
_CONDITION = re.compile(
    r"(?:たら|だら|れば|えば|けば|せば|てば|めば|べば|げば|なら|とき|時|まで|までは|前に|前は|後に|後は|あとは|てから|でから|ので|から|ながら"
    r"|ず|ずに|ないで|ないまま|まま|ように|よう|ために|うちに|ところで|ときは|ときには|までに|度に|たびに|際に|際は|場合は|瞬間に|瞬間|直前に|直前で"
    r"|直後に|直後は|あいだに|あいだは|間に|間は|くらい|ほど|だけ|には|では|は|も|へ|と|より|こそ|代わりに|かわりに|つもりで)$"
)
_ADDED_TOO = re.compile(r"も(?![のうしっと])[^、も]{1,12}(?:ましょう|ください)")
_TE_FORM = re.compile(r"(?:て|[んい]で)$")
_CONTINUATIVE = re.compile(r"[いきぎしちびみりえけげせぜてねべめれ]$")


def requests(text: str) -> list[str]:
    """The sentences of a text that ask the cook for something."""
    return [sentence for sentence in sentences(text) if REQUEST.search(sentence)]


def excess_action(text: str) -> str | None:
    """Why a text does not ask for exactly one action, in English; None when it does."""
    text = unquoted(normalise(text))
    asked = [match.group() for match in REQUEST.finditer("\n".join(sentences(text)))]
    if not asked:
        return "expected one request (〜ましょう, 〜てください). Found none"
    if len(asked) > 1:
        return f"expected one request. Found {len(asked)}: {', '.join(asked)}"
    sentence = requests(text)[0]
    for name, what, where in (
        ("list_marks", "a list", normalise(text)),
        ("choices", "a choice", sentence),
        ("additions", "an added request", sentence),
    ):
        for entry in words("voice")[name]:
            if match := re.search(entry, where):
                return f"expected one action. Found {what}: {match.group()}"
    return _too_many_clauses(sentence)


def _too_many_clauses(sentence: str) -> str | None:
    acting = _acting_clauses(sentence)
    if len(acting) > 2:
        return f"expected one action. Found {len(acting)}: {' / '.join(acting)}"
    if len(acting) == 2:
        turns = re.compile("|".join(words("voice")["knob_verbs"]))
        if all(turns.search(clause) for clause in acting):
            return f"expected one thing changed. Found two: {' / '.join(acting)}"
        if _ADDED_TOO.search(acting[1]):
            return f"expected one action. Found one added with も: {' / '.join(acting)}"
    return None


def _acting_clauses(sentence: str) -> list[str]:
    """The clauses in which the cook does something to something; conditions, looking and listening are left out."""
    senses = re.compile("|".join(words("voice")["perceiving_verbs"]))
    pieces = re.split(
        r"、|(?<=[って])(?!から)(?=[^、てで]{1,12}を)|(?<=んで)(?!から)(?=[^、てで]{1,12}を)", sentence.rstrip("。!")
    )
    acting: list[str] = []
    for position, piece in enumerate(pieces):
        last = position == len(pieces) - 1
        if not last and (_CONDITION.search(piece) or not (_TE_FORM.search(piece) or _CONTINUATIVE.search(piece))):
            continue
        handled = re.search(r".*[をも](?P<verb>.*)", piece)
        if handled is None and last and len(acting) > 1:  # 切り、ふり、弱火で焼きましょう: the last one needs no を
            handled = re.search(r"(?P<verb>.*)", piece)
        if handled is None or _BODY.search(piece) or senses.search(handled["verb"]):
            continue
        acting.append(piece)
    return acting
