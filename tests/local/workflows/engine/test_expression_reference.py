"""Expressions evaluated by the engine and by Python, which agrees with the language on integers, booleans and lists."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local.workflows import ExecutionState, Workflow

VARIABLES: dict[str, Any] = {
    "one": 1,
    "two": 2,
    "seven": 7,
    "yes": True,
    "no": False,
    "items": [1, 2, 3],
    "deep": {"a": {"b": 5}},
}

_numbers: st.SearchStrategy[str] = st.deferred(
    lambda: (
        st.integers(0, 9).map(str)
        | st.sampled_from(["one", "two", "seven", "items[0]", "deep.a.b", 'deep["a"].b', "len(items)"])
        | st.tuples(_numbers, st.sampled_from(["+", "-", "*", "//", "%"]), _numbers).map(" ".join)
        | _numbers.map(lambda inner: f"({inner})")
        | _numbers.map(lambda inner: f"-{inner}")
    )
)
_truths: st.SearchStrategy[str] = st.deferred(
    lambda: (
        st.sampled_from(["true", "false", "yes", "no", "2 in items"])
        | st.tuples(_numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _numbers).map(" ".join)
        | st.tuples(_truths, st.sampled_from(["and", "or"]), _truths).map(" ".join)
        | _truths.map(lambda inner: f"({inner})")
        | _truths.map(lambda inner: f"not ({inner})")
    )
)


class _Deep(dict[str, Any]):
    __getattr__ = dict.__getitem__


def by_python(text: str) -> object:
    """The value Python gives, or the name of its error."""
    names = {**VARIABLES, "deep": _Deep(a=_Deep(b=5)), "true": True, "false": False}
    try:
        return eval(text, {"__builtins__": {"len": len}}, names)  # noqa: S307  # the reference; the text is ours
    except ZeroDivisionError:
        return "ZeroDivisionError"


def by_engine(text: str) -> object:
    assigned = "".join(f"        - {name}: {value}\n" for name, value in VARIABLES.items() if name != "deep")
    source = f"- a:\n    assign:\n{assigned}        - deep: {{a: {{b: 5}}}}\n- r:\n    return: |-\n      ${{{text}}}\n"
    execution = Workflow(source).execute()
    if execution.state is ExecutionState.SUCCEEDED:
        return execution.result
    assert execution.error is not None
    return execution.error.payload["tags"][0]


@settings(max_examples=300, deadline=None)
@given((_numbers | _truths).filter(lambda text: len(text) < 300))
def test_engine_and_python_agree(text: str) -> None:
    expected = by_python(text)
    found = by_engine(text)
    assert (type(found), found) == (type(expected), expected)
