"""Reading the YAML of the knowledge base, with errors that name the file."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

DIRECTORY = Path(__file__).parent


class CatalogueError(ValueError):
    """A file of the knowledge base does not hold what it must; says which file, entry and field."""


def parse_yaml(text: str, path: Path) -> Any:  # noqa: ANN401  # what YAML holds is known only after validation
    """The value of a YAML 1.2 document. Raises `CatalogueError` naming `path`, where the text comes from."""
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise CatalogueError(f"{path.name}: expected YAML 1.2. Found: {error}") from error


def read_yaml(path: Path) -> Any:  # noqa: ANN401  # as above
    """The value of a YAML file. Raises `CatalogueError` when it is no YAML."""
    return parse_yaml(path.read_text(encoding="utf-8"), path)


def first_problem(error: ValidationError) -> str:
    """The first complaint of a failed validation in one line: field, what was expected, what was found."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "entry"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"field {field}: {first['msg']}. Found: {first['input']!r}{more}"
