"""Parallel branches see their own variables, and shared ones as a whole."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from local.workflows import ExecutionState, StepEvent, Workflow
from tests.local.workflows.mock_service import MockService

OWN_VARIABLES = """\
main:
  params: [args]
  steps:
    - begin: {assign: [{seen: {}}, {total: 0}]}
    - all:
        parallel:
          shared: [seen, total]
          concurrency_limit: ${args.limit}
          for:
            value: item
            index: position
            in: ${args.items}
            steps:
              - first: {assign: [{own: '${item}'}, {nested: {of: '${item}'}}]}
              - maybe_wait:
                  switch:
                    - condition: ${args.pause}
                      call: sys.sleep
                      args: {seconds: 0.001}
              - inner:
                  for:
                    value: turn
                    range: [1, 3]
                    steps:
                      - add: {assign: [{own: '${own + item}'}, {nested.of: '${nested.of + item}'}]}
              - keep:
                  assign:
                    - seen[string(position)]: ${[item, own, nested]}
                    - total: ${total + own}
    - done: {return: {seen: '${seen}', total: '${total}'}}
"""


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-1000, 1000), max_size=25), st.integers(1, 25), st.booleans())
def test_iterations_never_see_each_others_variables(items: list[int], limit: int, pause: bool) -> None:
    execution = Workflow(OWN_VARIABLES).execute({"items": items, "limit": limit, "pause": pause})
    assert execution.error is None
    assert execution.result == {
        "seen": {str(position): [item, 4 * item, {"of": 4 * item}] for position, item in enumerate(items)},
        "total": sum(4 * item for item in items),
    }


def test_no_addition_to_a_shared_variable_is_lost() -> None:
    source = """\
- begin: {assign: [{total: 0}, {each: {}}]}
- all:
    parallel:
      shared: [total, each]
      for:
        value: worker
        range: [1, 20]
        steps:
          - many:
              for:
                value: turn
                range: [1, 100]
                steps:
                  - add: {assign: [{total: '${total + 1}'}, {each.count: '${default(map.get(each, "count"), 0) + 1}'}]}
- done: {return: ['${total}', '${each.count}']}
"""
    assert Workflow(source).execute().result == [2000, 2000]


def test_a_limit_holds_for_real_calls(service: MockService) -> None:
    source = """\
- all:
    parallel:
      concurrency_limit: 3
      for:
        value: n
        range: [1, 12]
        steps:
          - call: {call: http.get, args: {url: '${sys.get_env("SERVICE") + "/gauge?seconds=0.05"}'}}
"""
    assert Workflow(source).execute(env={"SERVICE": service.url}).state is ExecutionState.SUCCEEDED
    assert service.most_at_work == 3


def test_nested_parallel_steps_stay_within_twenty_at_a_time() -> None:
    source = """\
- outer:
    parallel:
      for:
        value: a
        range: [1, 6]
        steps:
          - inner:
              parallel:
                for:
                  value: b
                  range: [1, 6]
                  steps:
                    - wait: {call: sys.sleep, args: {seconds: 0.01}}
"""
    at_work: set[tuple[str, ...]] = set()
    most = 0
    lock = threading.Lock()

    def watch(event: StepEvent) -> None:
        nonlocal most
        if event.step == "wait":
            with lock:
                (at_work.add if event.phase == "started" else at_work.discard)(event.branch)
                most = max(most, len(at_work))

    Workflow(source).execute(on_step=watch)
    assert 6 < most <= 20


def test_a_branch_reads_a_shared_list_while_another_changes_it() -> None:
    source = """\
- begin: {assign: [{list_of: [0, 0, 0, 0, 0, 0, 0, 0]}, {torn: 0}]}
- both:
    parallel:
      shared: [list_of, torn]
      branches:
        - writer:
            for:
              value: n
              range: [1, 300]
              steps:
                - write: {assign: [{list_of: ['${n}', '${n}', '${n}', '${n}', '${n}', '${n}', '${n}', '${n}']}]}
        - reader:
            for:
              value: n
              range: [1, 300]
              steps:
                - read: {assign: [{copy: '${list_of}'}]}
                - compare: {switch: [{condition: '${copy[0] != copy[7]}', assign: [{torn: '${torn + 1}'}]}]}
- done: {return: '${torn}'}
"""
    assert Workflow(source).execute().result == 0
