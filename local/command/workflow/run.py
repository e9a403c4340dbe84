"""`moment workflow run`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from local.command import exits
from local.command.workflow.arguments import (
    ArgumentOption,
    EnvironmentOption,
    FileArgument,
    errors,
    parse_argument,
    parse_variables,
    print_problems,
    read_source,
)

if TYPE_CHECKING:
    from local.workflows import Execution, StepEvent, Workflow
    from local.workflows.values import Value

LONGEST_VALUE = 200
"""Characters of a value in the trace."""
POLL_S = 0.1
"""How often Ctrl-C is looked for."""


def run(
    file: FileArgument,
    argument: ArgumentOption = None,
    env: EnvironmentOption = None,
    connector: Annotated[
        list[str] | None,
        typer.Option(
            "--connector", metavar="HOST=URL", help="Where an API of Google is, as run.googleapis.com=http://…"
        ),
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Show each step with its time and value.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print state, result and error as JSON.")] = False,
) -> None:
    """Execute a workflow on this machine, with real HTTP calls.

    Prints the state, and the result or the error with the steps it passed. Tokens are made up, so only services on
    this machine accept them. Exit code 0: succeeded; 1: failed; 2: asked wrongly; 130: stopped by Ctrl-C.
    """
    from local.workflows import ArgumentTooLarge, ExecutionState, Workflow, WorkflowSyntaxError

    hosts = _parse_hosts(connector)
    try:
        workflow = Workflow(read_source(file))
        execution = _execute(workflow, parse_argument(argument), parse_variables(env), hosts, trace=trace)
    except WorkflowSyntaxError as error:
        print_problems(file, error.problems)
        raise typer.Exit(exits.FAILED) from error
    except (ArgumentTooLarge, TypeError) as error:
        raise typer.BadParameter(str(error), param_hint="--arg") from error
    if as_json:
        typer.echo(json.dumps(_record(execution), ensure_ascii=False, indent=2))
    else:
        _print(execution)
    if execution.state is ExecutionState.CANCELLED:
        raise typer.Exit(exits.INTERRUPTED)
    if execution.state is not ExecutionState.SUCCEEDED:
        raise typer.Exit(exits.FAILED)


def _execute(
    workflow: Workflow, argument: Value, env: dict[str, str], hosts: dict[str, str], *, trace: bool
) -> Execution:
    from local.workflows.connectors import ConnectorTable

    with errors.status("running …") as status:
        tracer = _Tracer(errors) if trace else None

        def watch(event: StepEvent) -> None:
            if tracer is not None:
                tracer(event)
            if event.phase == "started":
                status.update(f"running {event.routine}/{event.step}")

        running = workflow.start(argument, env=env, connectors=ConnectorTable(hosts), on_step=watch)
        while True:
            try:
                return running.wait(POLL_S)
            except TimeoutError:
                continue
            except KeyboardInterrupt:
                running.cancel()


class _Tracer:
    """Prints each step as it ends: when, where, what it took and what came of it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began: float | None = None

    def __call__(self, event: StepEvent) -> None:
        if self._began is None:
            self._began = event.started_at
        if event.phase != "finished" or event.finished_at is None:
            return
        line = Text(f"{event.finished_at - self._began:9.3f} s  ", "dim")
        line.append("  " * (event.call_depth - 1 + len(event.branch)))
        line.append(f"{event.routine}/{event.step}", "bold")
        line.append(f"  {event.kind}{f' {event.target}' if event.target else ''}", "cyan")
        line.append(f"  {event.finished_at - event.started_at:.3f} s", "dim")
        for name, value in event.values.items():
            line.append(f"  {name} = {_shown(value)}")
        if event.error is not None:
            line.append(f"  ✗ {_shown(event.error)}", "red")
        self._console.print(line, soft_wrap=True)


def _shown(value: Value) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _print(execution: Execution) -> None:
    from local.workflows import ExecutionState

    typer.echo(execution.state)
    if execution.error is not None:
        typer.echo(execution.error.context)
    elif execution.state is ExecutionState.SUCCEEDED:
        typer.echo(json.dumps(execution.result, ensure_ascii=False, indent=2))


def _record(execution: Execution) -> dict[str, Any]:
    error = execution.error
    return {
        "state": execution.state,
        "result": execution.result,
        "error": None if error is None else {"payload": error.payload, "context": error.context},
        "duration_s": round(execution.finished_at - execution.started_at, 3),
        "steps": execution.steps,
    }


def _parse_hosts(pairs: list[str] | None) -> dict[str, str]:
    hosts: dict[str, str] = {}
    for pair in pairs or ():
        host, separator, url = pair.partition("=")
        if not separator or not url.startswith(("http://", "https://")):
            raise typer.BadParameter(f"expected HOST=URL. Found: {pair!r}", param_hint="--connector")
        hosts[host] = url
    return hosts
