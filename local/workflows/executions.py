"""Executions of a workflow: what one ended with, and one that is still running."""

import sys
import threading
from dataclasses import dataclass
from enum import StrEnum

from local.workflows import limits
from local.workflows.engine.events import StepObserver
from local.workflows.engine.routines import Routine
from local.workflows.engine.run import Run
from local.workflows.engine.scopes import Scope
from local.workflows.engine.strand import Strand
from local.workflows.errors import TraceEntry, WorkflowError, nested_too_deeply, system_error
from local.workflows.runtime import Runtime
from local.workflows.runtime.cancellation import Cancellation, Cancelled
from local.workflows.values import Value, encode_json, plain, unserializable

RECURSION_LIMIT = 10_000
"""Python frames that the deepest workflow may need: 20 routines deep, each nested as deep as a source may be."""

# For the whole process, as Python has it no other way. Frames of Python functions do not use up a thread's stack.
sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))


class ExecutionState(StrEnum):
    ACTIVE = "ACTIVE"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class ExecutionError:
    """Why an execution failed."""

    payload: Value
    """The error map, or whatever was raised."""
    context: str
    """The error as text, then the step of each routine it passed, the main workflow's last."""
    trace: tuple[TraceEntry, ...]


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution that has ended."""

    name: str
    """`projects/P/locations/L/workflows/W/executions/ID`."""
    state: ExecutionState
    result: Value
    """What the main workflow returned; None unless it succeeded."""
    error: ExecutionError | None
    """Set when it failed."""
    started_at: float
    """Seconds since 1970 by the execution's clock."""
    finished_at: float
    steps: int
    """Steps executed."""


class RunningExecution:
    """An execution on a thread of its own."""

    def __init__(
        self,
        main: Routine,
        argument: Value,
        runtime: Runtime,
        observer: StepObserver | None,
    ) -> None:
        self.name = runtime.execution_name
        self.started_at = runtime.clock.now()
        self._main = main
        self._argument = argument
        self._run = Run(runtime, Cancellation(), observer)
        self._ended = threading.Event()
        self._execution: Execution | None = None
        self._failure: BaseException | None = None

    @property
    def execution(self) -> Execution | None:
        """How it ended; None while it runs."""
        return self._execution

    def cancel(self) -> None:
        """End it at the next step, or in the middle of whatever it waits for. Returns at once."""
        self._run.cancellation.request()

    def wait(self, timeout_s: float | None = None) -> Execution:
        """Wait until it has ended. Raises TimeoutError when it has not in time, and any fault of the engine itself."""
        if not self._ended.wait(timeout_s):
            raise TimeoutError(f"{self.name} is still running after {timeout_s} s")
        if self._failure is not None:
            raise self._failure
        if self._execution is None:
            raise AssertionError("an execution ends with a result or a failure")
        return self._execution

    def start(self) -> None:
        """Run on a new thread."""
        threading.Thread(target=self._work, name="workflow-execution", daemon=True).start()

    def run_here(self) -> Execution:
        """Run on the calling thread."""
        self._work()
        return self.wait()

    def _work(self) -> None:
        runtime = self._run.runtime
        runtime.clock.thread_starts()
        try:
            self._execution = self._execute()
        except BaseException as failure:  # noqa: BLE001  # a fault of the engine: it is raised where somebody waits
            self._failure = failure
            fault = system_error("SystemError", f"{type(failure).__name__}: {failure}")
            self._execution = self._ended_as(ExecutionState.FAILED, error=_error_of(fault))
        finally:
            runtime.callbacks.forget(self.name)
            runtime.clock.thread_ends()
            self._ended.set()

    def _execute(self) -> Execution:
        try:
            return self._ended_as(ExecutionState.SUCCEEDED, result=_returnable(self._call_main()))
        except WorkflowError as error:
            return self._ended_as(ExecutionState.FAILED, error=_error_of(error))
        except Cancelled:
            return self._ended_as(ExecutionState.CANCELLED)

    def _ended_as(
        self, state: ExecutionState, *, result: Value = None, error: ExecutionError | None = None
    ) -> Execution:
        now = self._run.runtime.clock.now()
        return Execution(self.name, state, result, error, self.started_at, now, self._run.steps)

    def _call_main(self) -> Value:
        strand = Strand(
            self._run,
            Scope(self._run.memory),
            call_depth=0,
            parallel_depth=0,
            parallel_share=limits.CONCURRENT_BRANCHES,
            branch=(),
        )
        arguments = [self._argument] if self._main.parameters else []
        value = self._main.call(strand, arguments)
        self._run.cancellation.check()
        return value


def _error_of(error: WorkflowError) -> ExecutionError:
    try:
        return ExecutionError(plain(error.payload), error.context, tuple(error.trace))
    except RecursionError:
        return _error_of(nested_too_deeply())


def _returnable(value: Value) -> Value:
    """The result of an execution in plain containers. Raises ValueError of the workflow for what JSON cannot hold."""
    try:
        refused = next(unserializable(value), None)
        if refused is not None:
            raise system_error("ValueError", f"a workflow cannot return {refused}")
        result = plain(value)
        encode_json(result)
    except ValueError as error:
        raise system_error("ValueError", f"a workflow cannot return this: {error}") from None
    except RecursionError:
        raise nested_too_deeply() from None
    return result
