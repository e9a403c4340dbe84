"""The Google Cloud Workflows language on one machine: read, check and run the YAML that production runs.

`check` says what is wrong with a source. `Workflow(source).execute(argument)` runs it.
"""

from local.workflows.checker import check
from local.workflows.engine.events import StepEvent, StepObserver
from local.workflows.executions import Execution, ExecutionError, ExecutionState, RunningExecution
from local.workflows.problems import Problem, WorkflowSyntaxError
from local.workflows.workflow import ArgumentTooLarge, Workflow

__all__ = [
    "ArgumentTooLarge",
    "Execution",
    "ExecutionError",
    "ExecutionState",
    "Problem",
    "RunningExecution",
    "StepEvent",
    "StepObserver",
    "Workflow",
    "WorkflowSyntaxError",
    "check",
]
