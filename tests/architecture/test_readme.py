"""What the README and the pages of docs/ tell a reader to type or to open is there."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from local.command.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "knowledge_base" / "README.md"])

_COMMAND = re.compile(r"^\$ .*?uv run (moment .*)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)\)")


def commands() -> list[str]:
    return sorted({command for page in PAGES for command in _COMMAND.findall(page.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("line", commands())
def test_every_command_shown_exists_with_its_options(line: str) -> None:
    command = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    context = command.context_class(command, info_name="moment")
    while isinstance(command, TyperGroup):
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command = found
        context = command.context_class(command, parent=context)
    command.make_parser(context).parse_args(words)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_folder_of_the_table_exists() -> None:
    folders = re.findall(r"^\| `([a-z_]+/)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(folders) >= 8
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
