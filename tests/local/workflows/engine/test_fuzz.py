"""Whatever is done to a source, the engine refuses it or runs it to an end; it never fails itself and never hangs."""

from hypothesis import given, settings
from hypothesis import strategies as st

from local.workflows import Workflow, WorkflowSyntaxError
from local.workflows.runtime import HttpRequest, HttpResponse
from local.workflows.runtime.cancellation import Cancellation
from local.workflows.runtime.clock import VirtualClock
from tests.local.workflows.case_files import all_cases

LONGEST_RUN_S = 60.0
SOURCES = sorted({case.source for case in all_cases()})
PIECES = (
    *("${", "}", "[", "]", "{", "}", ":", ", ", "- ", "\n", "\n    ", "\t", "'", '"', "\\", "#", "|\n", "&a ", "*a"),
    *("1", "-1", "0.5", "1e999", "9223372036854775807", "99999999999999999999", "null", "true", "x", "é", "炒"),
    *("${x}", "${1 / 0}", "${[x, x]}", "not ", " in ", "map.get(x, x)"),
    *("next: end", "next: a", "next: break", "steps:", "assign:", "call: s", "return: ${x}", "raise: ${x}", "switch:"),
    *("condition:", "try:", "except:", "as: x", "retry: ${http.default_retry}", "parallel:", "for:", "in: ${x}"),
)


_ANSWER = b'{"name": "n", "done": true, "items": [1, 2]}'


class QuietTransport:
    """Answers every request at once."""

    def send(self, request: HttpRequest, cancellation: Cancellation) -> HttpResponse:
        cancellation.check()
        status = 503 if "503" in request.url else 200
        return HttpResponse(
            status, (("Content-Type", "application/json"),), b'{"name": "n", "done": true, "items": [1, 2]}'
        )


_edits = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.sampled_from(["insert", "delete", "copy"]),
        st.sampled_from(PIECES),
        st.integers(1, 30),
    ),
    min_size=1,
    max_size=4,
)


def edited(source: str, edits: list[tuple[int, str, str, int]]) -> str:
    for place, kind, piece, length in edits:
        at = place % (len(source) + 1)
        if kind == "insert":
            source = source[:at] + piece + source[at:]
        elif kind == "delete":
            source = source[:at] + source[at + length :]
        else:
            source = source[:at] + source[at : at + length] + source[at:]
    return source


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SOURCES), _edits)
def test_any_edit_of_a_source_is_refused_or_runs_to_an_end(source: str, edits: list[tuple[int, str, str, int]]) -> None:
    try:
        workflow = Workflow(edited(source, edits))
    except WorkflowSyntaxError:
        return  # one of the two good ends
    running = workflow.start({"a": [1, 2]}, clock=VirtualClock(), http=QuietTransport(), env={"SERVICE": "http://s"})
    running.wait(LONGEST_RUN_S)
