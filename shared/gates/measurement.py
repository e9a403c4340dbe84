"""Finds measurements in Japanese cooking talk: amounts, times, temperatures, shares and counts, in any writing.

A lesson names observable states instead (sound, colour, texture). Japanese hides numbers in ordinary words (一度に,
十分に, 三日月, 一番), so idioms are blanked first and what is left is searched. The words are in `measurement.yaml`.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from shared.gates.language import normalise, snippet

_NUMERALS = "〇零一二三四五六七八九十百千万壱弐参拾"
_NUMBER = (
    rf"(?:\d+(?:[.,/⁄]\d+)*(?:半)?"
    rf"|(?<![統唯随均同画逐第万])[{_NUMERALS}]+半?"
    r"|(?<![人回点枚個本手口件変関総係多複端小奇偶因])数[十百千]?"
    r"|何(?=秒|分か|時間か)|ゼロ|ひと(?=つまみ|さじ|匙|晩|つかみ|カップ|滴)|ふた(?=つまみ|さじ|匙|晩|つかみ|カップ|振り|ふり|回し|滴))"
)
_BLANK = "□"
_HALF_OF_A_QUANTITY = re.compile(
    r"(?:量|塩|油|水|砂糖|醤油|酒|みりん|調味料|火力|時間|かさ|嵩|水位|分量|ソース|タレ|たれ|粉|バター|牛乳|卵液)[をのはがも]?半分"
    r"(?!に(?:切|折|割|開|ちぎ|分け|曲))"
    r"|(?:大さじ|小さじ|カップ|スプーン|コップ)の?半分"
    r"|半分(?:ほど|くらい|ぐらい|程度|以下|以上|だけ|ずつ)?(?:まで|に|の|を|で)?"
    r"(?:減|へら|増|抑|おさえ|控|入れ|加え|足|使|注|煮詰|落と|下げ|弱め|絞|量|油|塩|水(?!気)|時間|火力|かさ)"
    r"|半分まで(?!食|来|進|読)|半分に(?:し(?:て|ま|た|よ)|する)"
)


def measurements(text: str, *, names: tuple[str, ...] = ()) -> list[str]:
    """The measurements in a text, as snippets, in the order they stand; empty when there is none.

    `names` are proper names (of the cook, of the dish) inside which a number measures nothing.
    """
    masked = normalise(text)
    for name in sorted({normalise(name) for name in names if name}, key=len, reverse=True):
        masked = masked.replace(name, _BLANK * len(name))
    masked = _idioms().sub(lambda match: _BLANK * len(match.group()), masked)
    found: dict[int, str] = {}
    for pattern in (*_measures(), _HALF_OF_A_QUANTITY):
        for match in pattern.finditer(masked):
            found.setdefault(match.start(), snippet(masked, match.start(), match.end()))
    return [found[start] for start in sorted(found)]


@cache
def _lexicon() -> dict[str, Any]:
    path = Path(__file__).with_name("measurement.yaml")
    lexicon: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return lexicon


@cache
def _idioms() -> re.Pattern[str]:
    """Idioms longest first, so that 一切れ一切れ is taken before 一切れ; none starts in the middle of a number."""
    entries = [entry.replace("{n}", _NUMBER) for entry in _lexicon()["idioms"]]
    return re.compile(rf"(?<![\d{_NUMERALS}数])(?:" + "|".join(f"(?:{entry})" for entry in entries) + ")", re.ASCII)


@cache
def _measures() -> tuple[re.Pattern[str], ...]:
    lexicon = _lexicon()
    units = "|".join(f"(?:{unit})" for group in lexicon["units"].values() for unit in group)
    bare = "|".join(f"(?:{entry})" for entry in lexicon["bare"])
    dials = "|".join(lexicon["dials"])
    dimensions = "|".join(lexicon["dimensions"])
    spoons = "|".join(lexicon["spoons"])
    leading = "|".join(lexicon["leading_units"])
    linked = r"\s*(?:は|を|が|で|の|に|も)?\s*(?:約|およそ|だいたい)?\s*"
    return (
        re.compile(rf"{_NUMBER}\s*(?:{units})", re.IGNORECASE),
        re.compile(rf"(?:{dials}){linked}(?:[強中弱]の)?(?:\d|[{_NUMERALS}]+(?=に|まで|へ|から|の位置|、|。|$))"),
        re.compile(rf"(?:{dimensions}){linked}\d"),
        re.compile(rf"(?:{leading})\s*\d", re.IGNORECASE),
        re.compile(
            rf"(?:{spoons}){linked}(?:\d|[{_NUMERALS}]+(?![定番気様緒層度部面般方体])|いっぱい|山盛り|半分?|すり)"
        ),
        re.compile(bare, re.IGNORECASE | re.ASCII),
    )
