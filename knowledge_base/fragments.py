"""The pieces of sentences a lesson on one mistake is made of: `fragments/{code}.yaml`, read when they are asked for."""

from functools import cache

from pydantic import ValidationError

from knowledge_base.files import DIRECTORY, CatalogueError, read_yaml
from knowledge_base.models import MistakeWords

FRAGMENTS = DIRECTORY / "fragments"


@cache
def words_about(mistake_code: str) -> MistakeWords:
    """How a lesson speaks of this mistake.

    Raises:
        KeyError: no file has this code's name.
        CatalogueError: the file does not hold what it must.
    """
    path = FRAGMENTS / f"{mistake_code}.yaml"
    if not path.is_file():
        raise KeyError(mistake_code)
    try:
        return MistakeWords.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        raise CatalogueError(f"fragments/{path.name}: {field}: {first['msg']}. Found: {first['input']!r}") from error
