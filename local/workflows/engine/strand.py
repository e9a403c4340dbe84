"""A line of control: the main one of an execution, or one branch of a parallel step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.workflows.engine.scopes import Scope
from local.workflows.runtime import Runtime
from local.workflows.runtime.cancellation import Cancellation

if TYPE_CHECKING:
    from local.workflows.engine.outcomes import Outcome
    from local.workflows.engine.run import Run
    from local.workflows.engine.steps import Block


class Strand:
    """Where one thread of an execution stands. It is the `Caller` of library functions."""

    __slots__ = ("branch", "call_depth", "parallel_depth", "parallel_share", "run", "scope")

    def __init__(
        self,
        run: Run,
        scope: Scope,
        *,
        call_depth: int,
        parallel_depth: int,
        parallel_share: int,
        branch: tuple[str, ...],
    ) -> None:
        self.run = run
        self.scope = scope
        """The innermost scope."""
        self.call_depth = call_depth
        """Routines around the step that runs, the main workflow included."""
        self.parallel_depth = parallel_depth
        self.parallel_share = parallel_share
        """How many branches a parallel step of this strand may run at one time."""
        self.branch = branch
        """Names or indexes of the branches this strand is in, outermost first."""

    @property
    def runtime(self) -> Runtime:
        return self.run.runtime

    @property
    def cancellation(self) -> Cancellation:
        return self.run.cancellation

    def run_block(self, block: Block, scope: Scope) -> Outcome:
        """Run a block with variables of its own."""
        outer, self.scope = self.scope, scope
        try:
            return block.run(self)
        finally:
            self.scope = outer
            with self.run.lock:
                scope.release()
