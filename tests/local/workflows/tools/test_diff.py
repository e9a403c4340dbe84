"""What changes for a running system, in words."""

import pytest

from local.workflows import WorkflowSyntaxError
from local.workflows.tools.diff import Topic, compare
from tests.local.workflows.case_files import all_cases
from tests.local.workflows.checker.coaching import COACHING

OLD = """
main:
  params: [args]
  steps:
    - settings:
        assign:
          - words: 3 # how many
          - voice: ${sys.get_env("VOICE", "mei")}
    - speak:
        try:
          call: http.post
          args:
            url: ${args.url}
            timeout: 60
            body: {words: "${words}", voice: "${voice}"}
          result: spoken
        retry:
          predicate: ${http.default_retry_predicate}
          max_retries: 3
          backoff: {initial_delay: 1, max_delay: 10, multiplier: 2}
    - branch:
        switch:
          - condition: ${spoken.code == 200}
            return: ok
    - both:
        parallel:
          branches:
            - left: {steps: [{a: {call: sys.log, args: {text: left}}}]}
            - right: {steps: [{b: {call: sys.log, args: {text: right}}}]}
    - fail: {raise: failed}
"""


def changes(*edits: tuple[str, str]) -> dict[Topic, list[str]]:
    new = OLD
    for find, replace in edits:
        assert new.count(find) == 1, find
        new = new.replace(find, replace)
    return {topic: [change.text for change in found] for topic, found in compare(OLD, new).by_topic()}


def test_layout_quotes_and_comments_make_no_difference() -> None:
    assert (
        changes(
            ("words: 3 # how many", "words:   3   # how many words"),
            ('"${words}"', "'${ words }'"),
            ("return: ok", 'return: "ok"'),
            ("${spoken.code == 200}", "${(spoken.code)==200}"),
            ("max_retries: 3\n", "max_retries: 3 # enough\n\n"),
        )
        == {}
    )


def test_knob_with_its_comment() -> None:
    (change,) = compare(OLD, OLD.replace("words: 3", "words: 5")).changes
    assert (change.text, change.comment) == ("words: 3 → 5", "how many")


def test_knobs_that_come_and_go() -> None:
    assert changes(("- words: 3 # how many", "- pace: 1.5"), ('"${words}"', '"${pace}"')) == {
        Topic.KNOBS: ["pace: new, 1.5", "words: gone, was 3"],
        Topic.CALLS: ["speak: body.words words → pace"],
    }


def test_time_limits_and_retries() -> None:
    assert changes(
        ("timeout: 60", "timeout: 90"), ("max_retries: 3", "max_retries: 5"), ("max_delay: 10", "max_delay: 20")
    ) == {
        Topic.LIMITS: [
            "speak: timeout 60 → 90",
            "speak: retries 3 → 5",
            "speak: longest delay before a retry 10 → 20",
        ]
    }


def test_conditions() -> None:
    assert changes(("spoken.code == 200", "spoken.code < 300")) == {
        Topic.CONDITIONS: ["branch: condition 1 spoken.code == 200 → spoken.code < 300"]
    }


def test_new_step_and_removed_step() -> None:
    assert changes(
        (
            "    - fail: {raise: failed}\n",
            "    - tell: {call: sys.log, args: {text: failed}}\n    - fail: {raise: failed}\n",
        )
    ) == {Topic.STEPS: ["tell is new, after both (calls sys.log)"]}
    assert changes(("    - fail: {raise: failed}\n", "")) == {Topic.STEPS: ["fail is gone (raise)"]}


def test_renamed_step_is_not_two_steps() -> None:
    assert changes(("    - branch:\n", "    - decide:\n")) == {Topic.STEPS: ["branch is now called decide"]}


def test_moved_step() -> None:
    block = OLD[OLD.index("    - branch:") : OLD.index("    - both:")]
    new = OLD.replace(block, "").replace("    - speak:\n", block + "    - speak:\n")
    assert [change.text for change in compare(OLD, new).changes] == ["branch moves, now after settings"]


def test_step_that_moves_into_another_block() -> None:
    new = OLD.replace("    - fail: {raise: failed}\n", "").replace(
        "right: {steps: [{b: {call: sys.log, args: {text: right}}}]}",
        "right: {steps: [{b: {call: sys.log, args: {text: right}}}, {fail: {raise: failed}}]}",
    )
    assert [change.text for change in compare(OLD, new).changes] == ["fail moves into the branch right"]


def test_same_name_in_two_branches_is_two_steps() -> None:
    assert changes(("{text: right}", "{text: wrong}")) == {Topic.CALLS: ['b: text "right" → "wrong"']}


def test_environment() -> None:
    assert changes(('${sys.get_env("VOICE", "mei")}', '${sys.get_env("SPEAKER")}'))[Topic.ENVIRONMENT] == [
        "SPEAKER is read now: it has to be among the workflow's user_env_vars",
        "VOICE is no longer read",
    ]


def test_subworkflows() -> None:
    old = OLD + "helper:\n  params: [x]\n  steps: [{a: {return: '${x}'}}]\n"
    new = OLD + "helper:\n  params: [x, y: 1]\n  steps: [{a: {return: '${x}'}}]\n"
    assert [change.text for change in compare(old, new).changes] == ["helper: takes (x, y: 1) instead of (x)"]
    assert [change.text for change in compare(OLD, old).changes] == ["helper: new"]


def test_source_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(WorkflowSyntaxError):
        compare(OLD, "main: 5")


def test_nothing_differs_from_itself() -> None:
    sources = [case.source for case in all_cases() if case.ending == "result"] + [COACHING.read_text("utf-8")]
    assert [source for source in sources if compare(source, source)] == []
