"""`moment workflow`: the tools ops trust with the YAML that production runs."""

import typer

from local.command.workflow import check, compare, deploy, graph, run, simulate

app = typer.Typer(
    help="Check, run, look at, compare, simulate and deploy workflows.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="check")(check.check)
app.command(name="run")(run.run)
app.command(name="graph")(graph.graph)
app.command(name="diff")(compare.diff)
app.command(name="simulate")(simulate.simulate)
app.command(name="deploy")(deploy.deploy)
