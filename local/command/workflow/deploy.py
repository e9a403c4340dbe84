"""`moment workflow deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from local.command import exits
from local.command.workflow.arguments import (
    EnvironmentOption,
    errors,
    find_problems,
    parse_variables,
    print_problems,
    read_source,
)
from local.command.workflow.compare import print_difference
from local.command.workflow.simulate import print_rehearsals

if TYPE_CHECKING:
    from local.workflows.tools.deploy import Plan, Target

DEFAULT_REGION = "asia-northeast1"

console = Console()


def deploy(  # noqa: PLR0913, PLR0917  # one parameter per option of the command
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The workflow; not with --revision.", exists=True, dir_okay=False),
    ] = None,
    project: Annotated[
        str, typer.Option("--project", envvar="GOOGLE_CLOUD_PROJECT", help="Google Cloud project.", show_default=False)
    ] = "",
    region: Annotated[str, typer.Option("--region", help="Where the workflow lives.")] = DEFAULT_REGION,
    name: Annotated[
        str | None,
        typer.Option("--name", help="The workflow's name.  [default: the file's name]", show_default=False),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option("--revision", metavar="ID", help="Deploy the source of this earlier revision again: roll back."),
    ] = None,
    env: EnvironmentOption = None,
    service_account: Annotated[
        str, typer.Option("--service-account", metavar="EMAIL", help="Whom executions act as.  [default: as it is]")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Stop before anything is changed.")] = False,
    allow_warnings: Annotated[
        bool, typer.Option("--allow-warnings", help="Deploy although there are warnings.")
    ] = False,
    emulator: Annotated[
        str | None,
        typer.Option(
            "--emulator",
            metavar="HOST:PORT",
            envvar="WORKFLOWS_EMULATOR_HOST",
            help="A server without TLS instead of production.",
        ),
    ] = None,
) -> None:
    """Deploy a revision: check, rehearse, compare with what is there, deploy with the official client.

    Refuses at the first problem. Variables that are set already stay as they are unless --env gives them. Executions
    that run finish on the revision they began with. Exit code 0: deployed, or nothing to do; 1: refused; 2: asked
    wrongly.
    """
    from local.workflows.checker.project import is_ours
    from local.workflows.tools.deploy import DeploymentFailed, NotReachable, Target, open_client, plan_deployment
    from local.workflows.tools.deploy import deploy as deploy_plan

    target = Target(*_named(file, revision, project, region, name))
    source = _source(file, revision, target, emulator)
    _check(file or Path(f"{target.workflow}@{revision}"), source, allow_warnings=allow_warnings)
    if is_ours(source, f"{target.workflow}.yaml"):
        _rehearse(source)
    try:
        with errors.status("asking what is deployed …"):
            client = open_client(emulator)
            plan = plan_deployment(client, target, source, parse_variables(env))
    except NotReachable as error:
        console.print(f"{target.name} cannot be asked: {error}", style="yellow", highlight=False)
        raise typer.Exit(exits.OK if dry_run else exits.FAILED) from error
    _show(plan)
    if dry_run or plan.changes_nothing:
        console.print("Nothing was changed." if dry_run else "This is deployed already.")
        return
    try:
        with errors.status("deploying …"):
            deployed = deploy_plan(client, plan, service_account=service_account)
    except (DeploymentFailed, NotReachable) as error:
        console.print(f"Not deployed: {error}", style="red", highlight=False)
        raise typer.Exit(exits.FAILED) from error
    console.print(f"Deployed {target.name}, revision {deployed.revision_id}.", style="green", highlight=False)
    if plan.revision:
        console.print(f"To go back: moment workflow deploy --name {target.workflow} --revision {plan.revision}")


def _named(
    file: Path | None, revision: str | None, project: str, region: str, name: str | None
) -> tuple[str, str, str]:
    if (file is None) == (revision is None):
        raise typer.BadParameter("give either FILE or --revision")
    if not project:
        raise typer.BadParameter("expected a project: --project, or GOOGLE_CLOUD_PROJECT", param_hint="--project")
    if name is None and file is None:
        raise typer.BadParameter("expected the workflow's name with --revision", param_hint="--name")
    return project, region, name or (file.stem if file is not None else "")


def _source(file: Path | None, revision: str | None, target: Target, emulator: str | None) -> str:
    from local.workflows.tools.deploy import NotReachable, fetch, open_client

    if file is not None:
        return read_source(file)
    try:
        with errors.status("fetching the revision …"):
            found = fetch(open_client(emulator), target, revision or "")
    except NotReachable as error:
        console.print(f"{target.name} cannot be asked: {error}", style="red", highlight=False)
        raise typer.Exit(exits.FAILED) from error
    if found is None:
        raise typer.BadParameter(f"{target.name} has no revision {revision!r}", param_hint="--revision")
    source: str = found.source_contents
    return source


def _check(path: Path, source: str, *, allow_warnings: bool) -> None:
    with errors.status("checking …"):
        problems = find_problems(path, source)
    print_problems(path, problems)
    if any(problem.severity == "error" or not allow_warnings for problem in problems):
        console.print("Not deployed: the problems above come first.", style="red")
        raise typer.Exit(exits.FAILED)


def _rehearse(source: str) -> None:
    if not print_rehearsals(source):
        console.print("Not deployed: a rehearsal went wrong.", style="red")
        raise typer.Exit(exits.FAILED)


def _show(plan: Plan) -> None:
    if plan.current is None:
        console.print(f"{plan.target.name} is new.", highlight=False)
    elif plan.difference is None:
        console.print("What is deployed cannot be read, so what changes cannot be said.", style="yellow")
    else:
        print_difference(plan.difference)
    faults = plan.faults()
    for fault in faults:
        console.print(f"Environment: {fault}", style="red", highlight=False)
    if faults:
        console.print("Not deployed: the environment comes first.", style="red")
        raise typer.Exit(exits.FAILED)
