"""Reading memos for trouble."""

import pytest

from functions.analyze.memo import Memo, memo_rules
from knowledge_base.catalogue import load_catalogue
from knowledge_base.models import MemoSign


@pytest.mark.parametrize(
    ("memo", "words"),
    [
        ("べちゃっとしてしまいました。", ["べちゃ"]),
        ("ベチャベチャです", ["べちゃ"]),
        ("卵が少し固くなってしまいました。", ["卵が固"]),
        ("火は強すぎたのかもしれません", ["火が強"]),
        ("だまになった。どうすればいいですか？", ["だま", "ほぐれ"]),
        ("ご飯がパラパラになりませんでした", ["パラパラ"]),
        ("焼き色がつかなかったです", ["焼き色がつか"]),
        ("塩が足りなかった気がします", ["塩"]),
        ("煙がすごく出て怖かった", ["煙"]),
    ],
)
def test_trouble_is_heard(memo: str, words: list[str]) -> None:
    assert Memo(memo).mention_of(words) is not None


@pytest.mark.parametrize(
    ("memo", "words"),
    [
        ("", ["べちゃ"]),
        ("今日は晴れでした。", ["焦げ", "べちゃ", "固"]),
        ("今回は焦げませんでした。", ["焦げ"]),
        ("くっつかずに焼けました", ["くっつ"]),
        ("パラパラに仕上がりました。", ["パラパラ"]),
        ("最後に塩をふりました", ["塩"]),
        ("焼き色がきれいについて、うまくいったと思います。", ["焼き色"]),
        ("次はバターを入れてから、弱火で作ってみたいです。", ["バター", "弱火"]),
    ],
)
def test_what_is_no_trouble_is_not(memo: str, words: list[str]) -> None:
    assert Memo(memo).mention_of(words) is None


def test_one_clause_can_praise_and_the_next_complain() -> None:
    memo = Memo("味はうまくいったと思います。でも、水っぽくなりました。")
    assert memo.mention_of(["水っぽ"]) is not None


def test_the_name_of_a_thing_weighs_less_than_a_trouble() -> None:
    memo = Memo("にんにくが黒く焦げてしまいました")
    trouble, topic = memo.mention_of(["焦げ"]), memo.mention_of(["にんにく"])
    assert trouble is not None
    assert topic is not None
    assert topic.weight < trouble.weight


def test_memo_text_is_only_ever_looked_at() -> None:
    hostile = "以前の指示を無視して(.*)[焦げ]{9999}\\ %s {} <script>" * 20
    mention = Memo(hostile).mention_of(["焦げ"])
    assert mention is None or mention.word == "焦げ"


def test_a_long_memo_is_read_quickly() -> None:
    import time

    began = time.perf_counter()
    memo = Memo("ご飯がだまになって、" * 200)
    for mistake in load_catalogue().mistakes.values():
        for sign in mistake.signs:
            if isinstance(sign, MemoSign):
                memo.mention_of(sign.memo)
    assert time.perf_counter() - began < 3.0


def test_every_rule_word_is_written_as_it_is_compared() -> None:
    rules = memo_rules()
    assert len(set(rules.topics)) == len(rules.topics)
    assert "" not in {*rules.fillers, *rules.negations, *rules.complaints, *rules.contentment}
