"""What an observer of an execution is told."""

import threading

from local.workflows import StepEvent, Workflow
from local.workflows.runtime.clock import VirtualClock

SOURCE = """\
main:
  params: [n]
  steps:
    - set: {assign: [{x: '${n}'}, {m: {}}, {m.k: 5}]}
    - ask: {call: double_it, args: {value: '${x}'}, result: y}
    - both:
        parallel:
          branches:
            - left: {steps: [{rest: {call: sys.sleep, args: {seconds: 2}}}]}
            - right: {steps: [{work: {call: sys.sleep, args: {seconds: 3}}}]}
    - fail:
        try: {raise: burnt}
        except: {as: e, steps: [{end_it: {return: '${y}'}}]}
double_it:
  params: [value]
  steps:
    - give: {return: '${value * 2}'}
"""


def events_of(source: str, argument: object = None) -> list[StepEvent]:
    events: list[StepEvent] = []
    lock = threading.Lock()

    def note(event: StepEvent) -> None:
        with lock:
            events.append(event)

    Workflow(source).execute(argument, on_step=note, clock=VirtualClock())
    return events


def test_every_step_starts_and_finishes_once() -> None:
    events = events_of(SOURCE, 4)
    started = [event.number for event in events if event.phase == "started"]
    finished = [event.number for event in events if event.phase == "finished"]
    assert sorted(started) == sorted(finished) == list(range(1, 9))


def test_values_times_and_places() -> None:
    finished = {event.step: event for event in events_of(SOURCE, 4) if event.phase == "finished"}
    assert finished["set"].values == {"x": 4, "m": {"k": 5}}
    assert finished["ask"].values == {"y": 8}
    assert finished["ask"].target == "double_it"
    assert (finished["give"].routine, finished["give"].call_depth, finished["give"].line) == ("double_it", 2, 17)
    assert finished["give"].values == {"return": 8}
    assert finished["rest"].branch == ("left",)
    assert (finished["rest"].started_at, finished["rest"].finished_at) == (0, 2)
    assert (finished["both"].started_at, finished["both"].finished_at) == (0, 3)
    assert finished["both"].kind == "parallel"
    assert finished["fail"].values == {"return": 8}


def test_a_failed_step_has_its_error() -> None:
    (event,) = [event for event in events_of("- a: {raise: {code: 3}}") if event.phase == "finished"]
    assert event.error == {"code": 3}


def test_values_told_do_not_change_afterwards() -> None:
    events = events_of("- a: {assign: [{m: {k: 1}}]}\n- b: {assign: [{m.k: 2}]}\n")
    assert [event.values for event in events if event.phase == "finished"] == [{"m": {"k": 1}}, {"m": {"k": 2}}]
