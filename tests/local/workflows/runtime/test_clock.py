"""Virtual time passes only while all threads of an execution wait."""

import threading
import time

from local.workflows import Workflow
from local.workflows.runtime.clock import RealClock, VirtualClock

A_DAY_S = 86_400


def test_a_day_takes_no_time() -> None:
    began = time.monotonic()
    source = f"- a: {{call: sys.sleep, args: {{seconds: {A_DAY_S}}}}}\n- b: {{return: '${{sys.now()}}'}}"
    assert Workflow(source).execute(clock=VirtualClock(start=100.0)).result == 100 + A_DAY_S
    assert time.monotonic() - began < 1


def test_branches_pass_time_together() -> None:
    source = """\
- begin: {assign: [{order: []}]}
- all:
    parallel:
      shared: [order]
      for:
        value: wait
        in: [5, 1, 3, 1]
        steps:
          - sleep: {call: sys.sleep, args: {seconds: '${wait}'}}
          - again: {call: sys.sleep, args: {seconds: '${wait}'}}
          - note: {assign: [{order: '${list.concat(order, [sys.now(), wait])}'}]}
- done: {return: '${order}'}
"""
    results = {str(Workflow(source).execute(clock=VirtualClock()).result) for _ in range(20)}
    assert results == {"[[2.0, 1], [2.0, 1], [6.0, 3], [10.0, 5]]"}


def test_work_on_one_branch_holds_time_for_the_others() -> None:
    source = """\
- begin: {assign: [{seen: 0}]}
- both:
    parallel:
      shared: [seen]
      branches:
        - sleeper: {steps: [{a: {call: sys.sleep, args: {seconds: 1}}}, {b: {assign: [{seen: '${sys.now()}'}]}}]}
        - worker:
            for:
              value: n
              range: [1, 3000]
              steps:
                - c: {assign: [{own: '${n}'}]}
- done: {return: '${seen}'}
"""
    assert Workflow(source).execute(clock=VirtualClock()).result == 1.0


def test_cancelling_wakes_a_virtual_sleeper_early() -> None:
    clock = VirtualClock()
    clock.thread_starts()  # somebody who never waits, so that time stands still
    running = Workflow("- a: {call: sys.sleep, args: {seconds: 5}}").start(clock=clock)
    time.sleep(0.05)
    assert running.execution is None
    running.cancel()
    assert running.wait(5).state == "CANCELLED"
    assert clock.now() == 0


def test_an_event_ends_a_wait_before_its_time() -> None:
    clock = VirtualClock()
    event = threading.Event()
    clock.thread_starts()
    clock.thread_starts()
    woken: list[bool] = []

    def wait() -> None:
        woken.append(clock.wait(event, 10))
        clock.thread_ends()

    thread = threading.Thread(target=wait)
    thread.start()
    clock.wake(event)
    thread.join(5)
    assert woken == [True]
    assert clock.now() == 0


def test_the_real_clock_sleeps_as_it_is_told() -> None:
    slept: list[float] = []
    Workflow("- a: {call: sys.sleep, args: {seconds: 1000}}").execute(sleep=slept.append)
    assert slept == [1000]
    began = time.monotonic()
    RealClock().sleep(0.02, threading.Event())
    assert time.monotonic() - began >= 0.02
