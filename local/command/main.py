"""`moment`: the face of the project on one machine."""

import typer

from local.command import coach, doctor

app = typer.Typer(
    name="moment",
    help="A personal cooking coach: a cook's video in, a coaching text and a coaching video out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="coach")(coach.coach)
app.command(name="doctor")(doctor.doctor)


if __name__ == "__main__":
    app()
