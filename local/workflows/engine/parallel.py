"""`parallel`: branches or iterations that run at the same time, each on a thread and with variables of its own.

Every branch runs to its end whatever happens to the others (the policy `continueAll`); afterwards the errors of all are
raised as one.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from local.workflows import limits
from local.workflows.engine.evaluation import Evaluate
from local.workflows.engine.loops import Loop
from local.workflows.engine.outcomes import BROKEN, Control, Jump, Outcome
from local.workflows.engine.scopes import Scope
from local.workflows.engine.steps import Block, Step
from local.workflows.engine.strand import Strand
from local.workflows.errors import TraceEntry, WorkflowError, nested_too_deeply, system_error
from local.workflows.runtime.cancellation import Cancelled
from local.workflows.values import Value, plain, type_name


@dataclass(frozen=True, slots=True)
class _Job:
    """One branch or iteration."""

    order: int
    name: str
    block: Block
    variables: dict[str, Value] = field(default_factory=dict)


class ParallelStep(Step):
    kind = "parallel"

    def __init__(
        self,
        place: TraceEntry,
        next_outcome: Jump | Control | None,
        *,
        shared: frozenset[str],
        concurrency_limit: Evaluate | None,
        branches: Sequence[tuple[str, Block]],
        loop: Loop | None,
    ) -> None:
        super().__init__(place, next_outcome)
        self._shared = shared
        self._concurrency_limit = concurrency_limit
        self._branches = tuple(branches)
        self._loop = loop

    def act(self, strand: Strand) -> Outcome:
        if strand.parallel_depth >= limits.PARALLEL_NESTING:
            message = f"parallel steps are nested more than {limits.PARALLEL_NESTING} deep"
            raise system_error("ParallelNestingError", message)
        most_at_once = min(self._evaluated_limit(strand), strand.parallel_share)
        crew = _Crew(strand, self._shared, self._jobs(strand), most_at_once)
        errors = crew.work_off()
        if crew.was_cut_short:
            strand.run.begin_step()  # raises, as there are no steps left
        if errors:
            raise system_error(
                "UnhandledBranchError",
                "One or more branches or iterations encountered an unhandled runtime error",
                branches=errors[: limits.BRANCH_ERRORS],
                truncated=len(errors) > limits.BRANCH_ERRORS,
            )
        return None

    def _jobs(self, strand: Strand) -> Iterator[_Job]:
        if self._loop is None:
            for order, (name, block) in enumerate(self._branches):
                yield _Job(order, name, block)
        else:
            for order, variables in enumerate(self._loop.iterations(strand)):
                yield _Job(order, str(order), self._loop.block, variables)

    def _evaluated_limit(self, strand: Strand) -> int:
        if self._concurrency_limit is None:
            return limits.CONCURRENT_BRANCHES
        limit = self._concurrency_limit(strand)
        if type(limit) is not int:
            raise system_error("TypeError", f"concurrency_limit must be an integer, not '{type_name(limit)}'")
        if limit < 1:
            raise system_error("ValueError", f"concurrency_limit must be positive, not {limit}")
        return limit


class _Crew:
    """The threads that work off the branches of one parallel step, each taking the next one that waits."""

    def __init__(self, strand: Strand, shared: frozenset[str], jobs: Iterator[_Job], most_at_once: int) -> None:
        first_jobs = list(itertools.islice(jobs, most_at_once))
        self._size = len(first_jobs)
        self._jobs: Iterator[_Job] = itertools.chain(first_jobs, jobs)
        self._strand = strand
        self._shared = shared
        self._lock = threading.Lock()
        self._at_work = self._size
        self._all_done = threading.Event()
        self._errors: list[tuple[int, dict[str, Value]]] = []
        self.was_cut_short = False
        """Whether branches were left out because each would only have failed with its first step."""
        self._failure: BaseException | None = None

    def work_off(self) -> list[dict[str, Value]]:
        """Run every branch; the errors of those that failed, in the order of the branches."""
        if self._size == 0:
            return []
        clock, cancellation = self._strand.runtime.clock, self._strand.cancellation
        for _ in range(self._size):
            clock.thread_starts()
            threading.Thread(target=self._work, name="workflow-branch", daemon=True).start()
        try:
            clock.wait(self._all_done, None)
        except BaseException:  # Ctrl-C: the branches must not outlive the one who waits for them
            cancellation.request()
            raise
        if self._failure is not None:
            raise self._failure
        cancellation.check()
        return [error for _, error in sorted(self._errors, key=lambda entry: entry[0])]

    def _work(self) -> None:
        clock = self._strand.runtime.clock
        try:
            while (job := self._next_job()) is not None:
                if self._run(job) is BROKEN:
                    self._take_no_more()
        except Cancelled:
            self._take_no_more()
        except BaseException as failure:  # noqa: BLE001  # a fault of the engine: it is raised where the step is
            self._failure = failure
            self._take_no_more()
        finally:
            with self._lock:
                self._at_work -= 1
                is_last = self._at_work == 0
            if is_last:
                clock.wake(self._all_done)
            clock.thread_ends()

    def _next_job(self) -> _Job | None:
        with self._lock:
            job = next(self._jobs, None)
        if job is None or self._strand.run.has_steps_left:
            return job
        self.was_cut_short = True
        self._take_no_more()
        return None

    def _take_no_more(self) -> None:
        with self._lock:
            self._jobs = iter(())

    def _run(self, job: _Job) -> Outcome:
        parent = self._strand
        scope = Scope(parent.run.memory, parent=parent.scope, shared=self._shared)
        strand = Strand(
            parent.run,
            scope,
            call_depth=parent.call_depth,
            parallel_depth=parent.parallel_depth + 1,
            parallel_share=max(1, parent.parallel_share // self._size),
            branch=(*parent.branch, job.name),
        )
        try:
            scope.declare(job.variables, parent.run.lock)
            return strand.run_block(job.block, scope)
        except WorkflowError as error:
            with self._lock:
                self._errors.append((job.order, {"id": job.name, "error": _report(error)}))
            return None


def _report(error: WorkflowError) -> dict[str, Value]:
    try:
        return {"context": error.context, "payload": plain(error.payload)}
    except RecursionError:
        return _report(nested_too_deeply())
