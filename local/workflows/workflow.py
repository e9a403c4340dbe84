"""A workflow that can be executed: a source without faults, compiled once for any number of executions."""

from typing import Unpack

from local.workflows import limits
from local.workflows.engine.compilation import compile_definition
from local.workflows.executions import Execution, RunningExecution
from local.workflows.language.parser import parse
from local.workflows.language.syntax import MAIN, Definition
from local.workflows.problems import ProblemList, WorkflowSyntaxError
from local.workflows.runtime.options import ExecutionOptions, runtime_for
from local.workflows.standard_library.references import check_references
from local.workflows.values import Value, decode_json, encode_json


class ArgumentTooLarge(ValueError):
    """An execution's argument is larger than the service takes."""


class Workflow:
    """A source, ready to run. Raises WorkflowSyntaxError, which holds every problem, when it cannot be.

    >>> Workflow("- answer: {return: '${6 * 7}'}").execute().result
    42
    """

    def __init__(self, source: str) -> None:
        parsed = parse(source)
        problems = ProblemList()
        problems.extend(parsed.problems)
        if parsed.definition is not None:
            check_references(parsed.definition, problems)
        faults = [problem for problem in problems.in_order() if problem.severity == "error"]
        if parsed.definition is None or faults:
            raise WorkflowSyntaxError(faults)
        self.source = source
        self.definition: Definition = parsed.definition
        self._main = compile_definition(parsed.definition)[MAIN]

    def execute(self, argument: Value = None, **options: Unpack[ExecutionOptions]) -> Execution:
        """Run to the end on the calling thread.

        `argument` is any JSON value of at most 32 KB, else ArgumentTooLarge or TypeError is raised. Whatever goes wrong
        in the workflow itself is in the execution that is returned.
        """
        return self.prepare(argument, **options).run_here()

    def start(self, argument: Value = None, **options: Unpack[ExecutionOptions]) -> RunningExecution:
        """Run in the background. Like `execute` otherwise."""
        running = self.prepare(argument, **options)
        running.start()
        return running

    def prepare(self, argument: Value = None, **options: Unpack[ExecutionOptions]) -> RunningExecution:
        """An execution that has not begun yet."""
        return RunningExecution(self._main, _checked(argument), runtime_for(options), options.get("on_step"))


def _checked(argument: Value) -> Value:
    """A copy of the argument, as it would arrive over the network."""
    text = encode_json(argument)
    size = len(text.encode())
    if size > limits.ARGUMENT_BYTES:
        raise ArgumentTooLarge(f"the argument is {size:,} bytes as JSON; at most {limits.ARGUMENT_BYTES:,} are allowed")
    return decode_json(text)
