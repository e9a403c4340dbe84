"""The main workflow and subworkflows as they run: parameters, a scope of their own, and the depth of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.workflows import limits
from local.workflows.engine.evaluation import Evaluate
from local.workflows.engine.outcomes import Return
from local.workflows.engine.scopes import Scope
from local.workflows.engine.steps import Block
from local.workflows.engine.strand import Strand
from local.workflows.errors import WorkflowError, system_error
from local.workflows.values import Value


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    default: Evaluate | None
    """None: the argument is required."""


class Routine:
    """A routine that can be called. Its steps are set once all routines exist, as they may call each other."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parameters: tuple[Parameter, ...] = ()
        self.block = Block(())

    def call(self, strand: Strand, arguments: Sequence[Value]) -> Value:
        """Call with positional arguments, as an expression does."""
        if len(arguments) > len(self.parameters):
            raise system_error("TypeError", f"{self._form()} was given {len(arguments)} arguments")
        names = [parameter.name for parameter in self.parameters]
        return self.call_named(strand, dict(zip(names, arguments, strict=False)))

    def call_named(self, strand: Strand, arguments: Mapping[str, Value]) -> Value:
        """Call with named arguments, as a call step does."""
        unknown = [name for name in arguments if all(name != parameter.name for parameter in self.parameters)]
        if unknown:
            raise system_error("TypeError", f"{self._form()} has no parameter '{unknown[0]}'")
        if strand.call_depth >= limits.CALL_DEPTH:
            raise system_error("RecursionError", f"maximum call stack depth of {limits.CALL_DEPTH} exceeded")
        scope = Scope(strand.run.memory)
        caller_scope, strand.scope = strand.scope, scope
        strand.call_depth += 1
        try:
            for parameter in self.parameters:
                self._bind(strand, parameter, arguments)
            outcome = self.block.run(strand)
        except WorkflowError as error:
            error.leaves_routine()
            raise
        finally:
            strand.scope = caller_scope
            strand.call_depth -= 1
            with strand.run.lock:
                scope.release()
        return outcome.value if isinstance(outcome, Return) else None

    def _bind(self, strand: Strand, parameter: Parameter, arguments: Mapping[str, Value]) -> None:
        if parameter.name in arguments:
            value = arguments[parameter.name]
        elif parameter.default is not None:
            value = parameter.default(strand)
        else:
            raise system_error("TypeError", f"{self._form()} was called without '{parameter.name}'")
        strand.scope.declare({parameter.name: value}, strand.run.lock)

    def _form(self) -> str:
        words = [
            parameter.name if parameter.default is None else f"[{parameter.name}]" for parameter in self.parameters
        ]
        return f"{self.name}({', '.join(words)})"
