"""Takes a memo apart without a model: what went wrong, what is asked, how the cook feels.

The memo is data. Whatever in it reads like an order to a machine is left out here and can therefore never be quoted or
answered later; the transcript itself is kept as it was written, for the cook.
"""

import re
from functools import cache
from pathlib import Path
from typing import Literal, cast

from ruamel.yaml import YAML

from shared.gates.language import any_of, normalise
from shared.gates.untrusted import clean, looks_like_instruction, quotable_question
from shared.models.analysis import StructuredInput, Transcript
from shared.models.session import Session

LONGEST_MEMO = 2000
MOST_ISSUES = 10
MOST_QUESTIONS = 8
LONGEST_ISSUE = 120
SHORT_QUESTION = 12
"""Characters; a shorter question may only make sense together with the sentence before it."""

Feeling = Literal["frustrated", "anxious", "proud", "confident"]

_SENTENCE = re.compile(r"[^。．!?！？\n]+[。．!?！？]*")
_ASKING_MARK = re.compile(r"[?？]")
_MARKS = "。．.!?！？ 　…w笑"


def transcribe_typed(session: Session) -> Transcript:
    """The transcript of a session's memo, as far as it can be had without ears.

    A typed memo is taken apart. A voice memo alone stays what it is: kept, and said not to be transcribed.
    """
    text = clean_memo(session.typed_memo or "")
    if text:
        return Transcript(
            text=text, structured_input=structured(text), source="typed", transcribed=True, engine="rules"
        )
    source: Literal["voice", "none"] = "voice" if session.voice_memo_path else "none"
    return Transcript(text="", source=source, transcribed=False, engine="rules")


def clean_memo(text: str) -> str:
    """A memo without control and invisible characters, its lines kept, at most `LONGEST_MEMO` characters."""
    lines = [clean(line) for line in text.splitlines()]
    return "\n".join(line for line in lines if line)[:LONGEST_MEMO]


def structured(text: str) -> StructuredInput:
    """What a memo says: problems, questions and mood. Sentences that give orders to a machine are left out."""
    spoken = [sentence for sentence in _sentences(text) if not looks_like_instruction(sentence)]
    questions = _questions(spoken)
    issues = [clean(each)[:LONGEST_ISSUE] for each in spoken if _is_issue(each)]
    return StructuredInput(
        identified_issues=list(dict.fromkeys(issues))[:MOST_ISSUES],
        questions=questions[:MOST_QUESTIONS],
        emotional_state=_feeling("\n".join(spoken)),
    )


def is_question(sentence: str) -> bool:
    """Whether a sentence asks something, with or without a question mark."""
    plain = normalise(sentence).strip()
    asked = plain.rstrip(_MARKS)
    if _ASKING_MARK.search(plain):
        return bool(asked) and not _pattern("requests").search(asked)
    return bool(_pattern("questions").search(asked))


def _sentences(text: str) -> list[str]:
    found = (match.group().strip() for match in _SENTENCE.finditer(text))
    return [sentence for sentence in found if sentence.strip(_MARKS)]


def _questions(spoken: list[str]) -> list[str]:
    """Questions in the order they are asked; a bare なぜ？ brings the sentence before it along."""
    asked: list[str] = []
    for position, sentence in enumerate(spoken):
        if not is_question(sentence):
            continue
        before = spoken[position - 1] if position > 0 else ""
        whole = sentence
        if _leans(sentence) and before and not is_question(before):
            whole = f"{before if before.endswith('。') else before + '。'}{sentence}"
        quoted = quotable_question(whole)
        if quoted is not None:
            asked.append(quoted)
    return list(dict.fromkeys(asked))


def _leans(question: str) -> bool:
    """Whether a question is too bare to be understood alone."""
    plain = normalise(question).strip().rstrip(_MARKS)
    return len(plain) <= SHORT_QUESTION and bool(_pattern("bare_question").search(plain))


def _is_issue(sentence: str) -> bool:
    return not is_question(sentence) and bool(_pattern("issues").search(normalise(sentence)))


def _feeling(text: str) -> Literal["confident", "neutral", "anxious", "frustrated", "proud"]:
    plain = normalise(text)
    hits = {feeling: len(pattern.findall(plain)) for feeling, pattern in _feelings().items()}
    strongest = max(hits, key=lambda feeling: hits[feeling])
    return strongest if hits[strongest] else "neutral"


@cache
def _words() -> dict[str, object]:
    words: dict[str, object] = YAML(typ="safe", pure=True).load(Path(__file__).with_name("words.yaml"))
    return words


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return any_of(cast("list[str]", _words()[name]))


@cache
def _feelings() -> dict[Feeling, re.Pattern[str]]:
    lists = cast("dict[Feeling, list[str]]", _words()["feelings"])
    return {feeling: any_of(entries) for feeling, entries in lists.items()}
