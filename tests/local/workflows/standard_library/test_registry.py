"""Declaring library functions, and the table that comes of it."""

import pytest

from local.workflows.errors import WorkflowError
from local.workflows.runtime import Caller
from local.workflows.standard_library import CONSTANTS, FUNCTIONS
from local.workflows.standard_library.registry import LibraryFunction, Number, library_function
from local.workflows.values import Value

DOCUMENTED = [
    "base64.decode",
    "base64.encode",
    "default",
    "double",
    "events.await_callback",
    "events.create_callback_endpoint",
    "experimental.executions.map",
    "experimental.executions.run",
    "get_type",
    "hash.compute_checksum",
    "hash.compute_hmac",
    "http.delete",
    "http.get",
    "http.patch",
    "http.post",
    "http.put",
    "http.request",
    "if",
    "int",
    "json.decode",
    "json.encode",
    "json.encode_to_string",
    "keys",
    "len",
    "list.concat",
    "list.prepend",
    "map.delete",
    "map.get",
    "map.merge",
    "map.merge_nested",
    "math.abs",
    "math.floor",
    "math.max",
    "math.min",
    "string",
    "sys.get_env",
    "sys.log",
    "sys.now",
    "sys.sleep",
    "sys.sleep_until",
    "text.decode",
    "text.encode",
    "text.find_all",
    "text.find_all_regex",
    "text.match_regex",
    "text.replace_all",
    "text.replace_all_regex",
    "text.split",
    "text.substring",
    "text.to_lower",
    "text.to_upper",
    "text.url_decode",
    "text.url_encode",
    "text.url_encode_plus",
    "time.format",
    "time.parse",
    "uuid.generate",
]
BLOCKING = {name for name in DOCUMENTED if name.startswith(("http.", "events.", "experimental."))} | {
    "sys.log",
    "sys.sleep",
    "sys.sleep_until",
}


def test_every_documented_function_is_there_and_says_what_it_does() -> None:
    assert sorted(FUNCTIONS) == sorted(DOCUMENTED)
    assert {name for name, function in FUNCTIONS.items() if function.signature.blocking} == BLOCKING
    assert all(function.signature.summary.endswith((".", ";")) for function in FUNCTIONS.values())
    assert sorted(CONSTANTS) == [
        "http.default_retry",
        "http.default_retry_non_idempotent",
        "http.default_retry_predicate",
        "http.default_retry_predicate_non_idempotent",
        "retry.always",
        "retry.default_backoff",
        "retry.never",
    ]


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> LibraryFunction:
    def cook(dish: str, heat: Number = 5, tools: list[Value] | None = None) -> Value:
        """Cook a dish.

        More about it.
        """
        return [dish, heat, tools]

    monkeypatch.setitem(FUNCTIONS, "kitchen.cook", FUNCTIONS["len"])
    library_function("kitchen.cook", names=("dish", "heatLevel", "tools"))(cook)
    return FUNCTIONS["kitchen.cook"]


class NoCaller:
    """Nobody calls: none of these functions asks."""


CALLER: Caller = NoCaller()  # type: ignore[assignment]  # see above


def test_a_signature_comes_from_the_python_function(declared: LibraryFunction) -> None:
    signature = declared.signature
    assert signature.form() == "kitchen.cook(dish, [heatLevel], [tools])"
    assert signature.required == ("dish",)
    assert signature.summary == "Cook a dish."
    heat = signature.parameter("heatLevel")
    assert heat is not None
    assert heat.types == (int, float)
    assert heat.expected() == "an integer or a double"


def test_calls_fill_in_what_is_left_out(declared: LibraryFunction) -> None:
    assert declared.call(CALLER, ["rice"]) == ["rice", 5, None]
    assert declared.call(CALLER, ["rice", 2.5]) == ["rice", 2.5, None]
    assert declared.call(CALLER, ["rice", None, ["wok"]]) == ["rice", 5, ["wok"]]
    assert declared.call_named(CALLER, {"tools": [], "dish": "rice"}) == ["rice", 5, []]
    assert declared.call_named(CALLER, {"dish": "rice", "heatLevel": None}) == ["rice", 5, None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "kitchen.cook(dish, [heatLevel], [tools]) was given 0 arguments"),
        (["a", 1, [], 2], "kitchen.cook(dish, [heatLevel], [tools]) was given 4 arguments"),
        ([1], "kitchen.cook: 'dish' must be a string, not integer"),
        ([None], "kitchen.cook: 'dish' must be a string, not null"),
        (["a", True], "kitchen.cook: 'heatLevel' must be an integer or a double, not boolean"),
    ],
)
def test_arguments_that_do_not_fit_are_type_errors(
    declared: LibraryFunction, arguments: list[Value], message: str
) -> None:
    with pytest.raises(WorkflowError) as caught:
        declared.call(CALLER, arguments)
    assert caught.value.payload == {"message": f"TypeError: {message}", "tags": ["TypeError"]}


def test_a_function_takes_only_values_of_the_language() -> None:
    def wrong(given: set[str]) -> Value:
        return given

    with pytest.raises(TypeError, match="values of the language"):
        library_function("kitchen.wrong")(wrong)
