"""`moment`: the face of the project on one machine."""

import logging

import structlog
import typer

from local.command import dishes, doctor, evaluate, knowledge, session, workflow
from local.command.lesson import coach

app = typer.Typer(
    name="moment",
    help="A personal cooking coach: a cook's video in, a coaching text and a coaching video out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def configure() -> None:
    """Keep the parts of the cloud quiet on the terminal; what they have to say is in the home's `logs/`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


app.command(name="coach")(coach.coach)
app.command(name="dishes")(dishes.dishes)
app.command(name="doctor")(doctor.doctor)
app.command(name="eval")(evaluate.evaluate)
app.add_typer(knowledge.app, name="knowledge")
app.add_typer(session.app, name="session")
app.add_typer(workflow.app, name="workflow")


if __name__ == "__main__":
    app()
