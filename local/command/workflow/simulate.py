"""`moment workflow simulate`."""

from typing import Annotated

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

Repeated = list[str] | None


def simulate(  # noqa: PLR0913, PLR0917  # one parameter per option of the command
    file: FileArgument,
    fail: Annotated[
        Repeated,
        typer.Option(
            "--fail",
            metavar="STAGE=HOW",
            help="analyze=503x2 (twice), speak=timeout, coach=connectionxalways, prepare=422:not_cooking, render=1.",
        ),
    ] = None,
    latency: Annotated[Repeated, typer.Option("--latency", metavar="STAGE=SECONDS", help="How long it takes.")] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="What analyze finds: coachable, no_issue, not_cooking, unusable.")
    ] = None,
    memo: Annotated[bool, typer.Option("--memo", help="The cook left a memo.")] = False,
    answer: Annotated[
        Repeated, typer.Option("--answer", metavar="STAGE.KEY=JSON", help="Something else that a stage answers.")
    ] = None,
    argument: ArgumentOption = None,
    env: EnvironmentOption = None,
    rehearsals: Annotated[
        bool, typer.Option("--rehearsals", help="Run every rehearsal a deployment asks for, instead of one scenario.")
    ] = False,
) -> None:
    """Run a workflow against pretended stages: the real engine, virtual time, no network.

    Prints the time line of all calls and the critical path. Stages check their requests like the real ones, take as
    long as they typically do, and answer or fail as you say. Exit code 1: the execution failed.
    """
    from local.workflows.checker.project import worst_case_s
    from local.workflows.problems import WorkflowSyntaxError
    from local.workflows.tools.simulation.chart import chart, minutes
    from local.workflows.tools.simulation.scenario import ScenarioError, build_scenario
    from local.workflows.tools.simulation.simulation import simulate as run_simulation

    source = read_source(file)
    try:
        if rehearsals:
            _run_rehearsals(source)
            return
        scenario = build_scenario(
            latencies=latency or (), failures=fail or (), answers=answer or (), outcome=outcome, memo=memo
        )
        with errors.status("simulating …"):
            simulation = run_simulation(
                source, scenario, argument=parse_argument(argument), environment=parse_variables(env)
            )
    except ScenarioError as error:
        raise typer.BadParameter(str(error)) from error
    except WorkflowSyntaxError as error:
        print_problems(file, error.problems)
        raise typer.Exit(exits.FAILED) from error
    console = Console()
    console.print(chart(simulation, console.width))
    worst = worst_case_s(source)
    if worst is not None:
        console.print(f"At worst, with every limit used up and every retry needed, a run ends after {minutes(worst)}.")
    if not simulation.succeeded:
        raise typer.Exit(exits.FAILED)


def _run_rehearsals(source: str) -> None:
    if not print_rehearsals(source):
        raise typer.Exit(exits.FAILED)


def print_rehearsals(source: str) -> bool:
    """Run and print every rehearsal; whether all went well. Raises WorkflowSyntaxError."""
    from local.workflows.tools.simulation.chart import minutes
    from local.workflows.tools.simulation.rehearsal import rehearse

    console, all_well = Console(), True
    with console.status("rehearsing …"):
        for report in rehearse(source):
            took = minutes(report.simulation.duration_s)
            mark = Text("✗", "red") if report.faults else Text("✓", "green")
            console.print(mark, Text(f"{report.rehearsal.name} ({took})"))
            for fault in report.faults:
                all_well = False
                console.print(Text(f"    {fault}", "red"))
    return all_well
