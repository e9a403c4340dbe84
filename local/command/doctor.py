"""`moment doctor`: whether this machine has what the main job needs, and what it would use."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from local.command import exits
from local.command.terminal import new_table, open_console
from local.directory_lock import DirectoryInUse
from local.home import DEFAULT_HOME, Home, unwritable

FREE_SPACE_NEEDED_BYTES = 2 * 1024**3
"""A lesson of a long video keeps the upload and works on a copy."""


@dataclass(frozen=True)
class Finding:
    """What one look brought."""

    fine: bool
    found: str
    advice: str = ""
    """What to do when it is not fine."""


def doctor(
    home: Annotated[Path, typer.Option("--home", metavar="DIR", help="The home to look at.")] = DEFAULT_HOME,
) -> None:
    """Look whether this machine has what the main job needs, and say what to do where it has not."""
    console = open_console()
    table = new_table(console, "", "what", "found", title="moment doctor")
    failures = 0
    with console.status("looking …"):
        for name, look in looks(home):
            began = time.monotonic()
            finding = _careful(look)
            failures += not finding.fine
            took = time.monotonic() - began
            mark = "[green]✓[/]" if finding.fine else "[red]✗[/]"
            advice = f"\n[yellow]{finding.advice}[/]" if finding.advice and not finding.fine else ""
            table.add_row(mark, name, f"{finding.found}{advice}" + (f" [dim]({took:.1f} s)[/]" if took > 1 else ""))
    console.print(table)
    if failures:
        console.print(f"{failures} of the above {'needs' if failures == 1 else 'need'} your attention.", style="red")
        raise typer.Exit(exits.FAILED)
    console.print("All is well. Try: [bold]uv run moment coach[/]", style="green")


def looks(home: Path) -> list[tuple[str, Callable[[], Finding]]]:
    """Every look, in the order in which a lesson meets it."""
    return [
        ("Python", _python),
        ("home", lambda: _home(home)),
        ("free space", lambda: _space(home)),
        ("Postgres + pgvector", _postgres),
        ("FFmpeg", _ffmpeg),
        ("decoder (PyAV)", _decoder),
        ("fonts", _fonts),
        ("voice (Open JTalk)", _voice),
        ("knowledge base", _knowledge),
        ("workflow", _workflow),
    ]


def _careful(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except Exception as error:  # noqa: BLE001  # whatever a look meets is what it found
        return Finding(fine=False, found=f"{type(error).__name__}: {error}", advice="This is a fault to report.")


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(sys.version_info >= (3, 11), f"{version} ({sys.executable})", "Python 3.11 or newer is needed.")


def _home(directory: Path) -> Finding:
    problem = unwritable(directory)
    if problem is not None:
        return Finding(fine=False, found=problem, advice="Choose another --home.")
    try:
        with Home(directory) as home:
            return Finding(fine=True, found=str(home.directory))
    except (DirectoryInUse, OSError) as error:
        return Finding(fine=False, found=str(error), advice="Choose another --home, or wait.")


def _space(directory: Path) -> Finding:
    existing = next(parent for parent in (directory.absolute(), *directory.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    return Finding(free >= FREE_SPACE_NEEDED_BYTES, f"{free / 1024**3:.1f} GiB", "2 GiB are needed; make room.")


def _postgres() -> Finding:
    import psycopg

    from local.postgres import EmbeddedPostgres

    with (
        tempfile.TemporaryDirectory(prefix="moment-doctor-") as directory,
        EmbeddedPostgres(Path(directory), durable=False) as postgres,
        psycopg.connect(postgres.url, autocommit=True) as connection,
    ):
        connection.execute("create extension vector")
        row = connection.execute(
            "select current_setting('server_version'), extversion from pg_extension where extname = 'vector'"
        ).fetchone()
    return Finding(row is not None, "started and stopped; " + " + pgvector ".join(map(str, row or ())))


def _ffmpeg() -> Finding:
    from functions.render.ffmpeg_binary import ffmpeg_binary

    return Finding(fine=True, found=str(ffmpeg_binary()))


def _decoder() -> Finding:
    import av

    needed = ("h264", "hevc", "av1", "vp9")
    missing = [name for name in needed if name not in av.codecs_available and f"lib{name}" not in av.codecs_available]
    return Finding(not missing, f"PyAV {av.__version__}: {', '.join(needed)}", f"missing: {', '.join(missing)}")


def _fonts() -> Finding:
    fonts = sorted((Path(__file__).parents[2] / "functions" / "render" / "fonts").glob("*.ttf"))
    return Finding(bool(fonts), ", ".join(font.name for font in fonts) or "none", "The checkout is not complete.")


def _voice() -> Finding:
    from functions.speak.voice import synthesise

    sound = synthesise("聞こえますか。", speaking_rate=1.0)
    return Finding(fine=True, found=f"spoke for {len(sound.samples) / sound.sample_rate_hz:.1f} s")


def _knowledge() -> Finding:
    from knowledge_base.catalogue import check_catalogue, load_catalogue

    problems = check_catalogue()
    catalogue = load_catalogue()
    found = (
        f"{len(catalogue.principles)} principles, {len(catalogue.mistakes)} mistakes, {len(catalogue.dishes)} dishes"
    )
    return Finding(not problems, found if not problems else "; ".join(problems[:3]), "See `moment knowledge check`.")


def _workflow() -> Finding:
    from local.workflows import check

    source = Path(__file__).parents[2] / "workflows_yaml" / "coaching.yaml"
    problems = check(source.read_text(encoding="utf-8"))
    return Finding(not problems, source.name if not problems else str(problems[0]), "See `moment workflow check`.")
