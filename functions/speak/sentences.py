"""Cuts a script into the sentences that are synthesised one by one.

A sentence ends at 。！？ (or their half-width forms), except inside brackets: 「もう少し。」と言う前に is one sentence.
"""

ENDINGS = "。！？!?"
OPENING = "「『（(【"
CLOSING = "」』）)】"


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`, in order, without surrounding white space; nothing that can be spoken is lost.

    A bracket that is never closed does not swallow the rest: from there on, endings count again. Pieces without any
    letter or digit (a stray 。 or an emoji) stay with the sentence before them.
    """
    sentences: list[str] = []
    for piece in _pieces(" ".join(text.split())):
        if any(character.isalnum() for character in piece):
            sentences.append(piece)
        elif sentences:
            sentences[-1] += piece
    return sentences


def _pieces(text: str) -> list[str]:
    """Cut after each run of endings outside brackets."""
    pieces: list[str] = []
    start = position = 0
    while position < len(text):
        if text[position] in OPENING:
            position = _after_bracket(text, position)
            continue
        position += 1
        if text[position - 1] in ENDINGS:
            while position < len(text) and text[position] in ENDINGS:
                position += 1
            pieces.append(text[start:position].strip())
            start = position
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if piece]


def _after_bracket(text: str, opening: int) -> int:
    """The position after the bracket that closes the one at `opening`, or just after `opening` if none does."""
    depth = 0
    for position in range(opening, len(text)):
        if text[position] in OPENING:
            depth += 1
        elif text[position] in CLOSING:
            depth -= 1
            if depth == 0:
                return position + 1
    return opening + 1
