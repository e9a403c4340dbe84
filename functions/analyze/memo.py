"""Reading a memo for trouble: which words of a mistake the cook uses, and whether as a complaint.

This is not understanding. It is a list of words, a look at the clause around each, and three rules: a negated trouble
did not happen, the name of a thing counts only in a complaint, and a clause that praises counts for nothing.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from pydantic import Field
from ruamel.yaml import YAML

from shared.models.base import Model

_CLAUSE_ENDS = re.compile(r"[。、！!\n,．]|(?<=[?？])|けど|けれど|ものの|一方")
_KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


class MemoRules(Model):
    """`memo.yaml`."""

    fillers: list[str]
    negations: list[str]
    negation_reach: int = Field(ge=0)
    topics: list[str]
    topic_weight: float = Field(gt=0, le=1)
    complaints: list[str]
    contentment: list[str]


class Mention(Model):
    """A word of a mistake, found in the memo."""

    word: str
    """As `mistakes.yaml` writes it."""
    weight: float = Field(gt=0, le=1)


@cache
def memo_rules() -> MemoRules:
    """The rules, read once."""
    return MemoRules.model_validate(YAML(typ="safe", pure=True).load(Path(__file__).with_name("memo.yaml")))


class Memo:
    """A memo, folded and cut into clauses."""

    def __init__(self, text: str) -> None:
        """`text`: as the cook typed or spoke it; may be empty."""
        folded = fold(text)
        for filler in memo_rules().fillers:
            folded = folded.replace(fold(filler), "")
        self._clauses = [clause for clause in _CLAUSE_ENDS.split(folded) if clause]

    def mention_of(self, words: list[str]) -> Mention | None:
        """The weightiest mention of any of these words, or None."""
        mentions = [Mention(word=word, weight=weight) for word in words if (weight := self._weight_of(word)) > 0]
        return max(mentions, key=lambda mention: mention.weight, default=None)

    def _weight_of(self, word: str) -> float:
        pattern = _pattern_of(word)
        weights = [_weight_in(clause, match, word) for clause in self._clauses for match in pattern.finditer(clause)]
        return max(weights, default=0.0)


def fold(text: str) -> str:
    """One spelling of each character: NFKC, hiragana for katakana, no spaces."""
    folded = unicodedata.normalize("NFKC", text).translate(_KATAKANA_TO_HIRAGANA)
    return re.sub(r"[ \t\u3000]+", "", folded)


@cache
def _pattern_of(word: str) -> re.Pattern[str]:
    """A word, whatever particle the cook used: 卵が固 also finds 卵は固 and 卵も固."""
    return re.compile(re.escape(fold(word)).replace("が", "[がはも]").replace("を", "[をはも]"))


def _weight_in(clause: str, match: re.Match[str], word: str) -> float:
    rules = memo_rules()
    if any(fold(praise) in clause for praise in rules.contentment):
        return 0.0
    if word in rules.topics:
        rest = clause[: match.start()] + clause[match.end() :]
        return rules.topic_weight if any(fold(complaint) in rest for complaint in rules.complaints) else 0.0
    after = clause[match.end() : match.end() + rules.negation_reach + max(map(len, rules.negations))]
    negated = any(0 <= after.find(fold(negation)) <= rules.negation_reach for negation in rules.negations)
    return 0.0 if negated and not _carries_its_negation(word) else 1.0


def _carries_its_negation(word: str) -> bool:
    """Words such as 音がしな or 間に合わ are the trouble only together with the negation that follows."""
    return fold(word).endswith(("しな", "わ", "つか", "ま"))
