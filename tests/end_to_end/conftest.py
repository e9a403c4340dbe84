"""One embedded cloud for the end-to-end tests, and a cooking clip to send through its door."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.cloud import WORKFLOW, EmbeddedCloud
from local.coaching import Lesson, Order, Update, give_lesson
from tests.clips.film import film
from tests.clips.stories import story_of

COOKING_SEED, OFFICE_SEED = 20062, 20060
Give = Callable[..., Lesson]


def small_pictures() -> str:
    """The coaching workflow with a picture that is quickly made."""
    return WORKFLOW.read_text(encoding="utf-8").replace("picture_height: 720", "picture_height: 240")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """Everything, running."""
    home: Path = tmp_path_factory.mktemp("home")
    with EmbeddedCloud(home, workflow=small_pictures()) as running:
        yield running


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small clip of somebody cooking, with a mistake in it."""
    directory: Path = tmp_path_factory.mktemp("clip")
    return film(story_of(COOKING_SEED), directory)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small clip of somebody at a desk."""
    directory: Path = tmp_path_factory.mktemp("office")
    return film(story_of(OFFICE_SEED), directory)


@pytest.fixture
def give(cloud: EmbeddedCloud) -> Give:
    """Hand in a video and wait for the end."""

    def hand_in(video: Path, *, dish: str = "fried-rice", updates: list[Update] | None = None) -> Lesson:
        heard = updates if updates is not None else []
        return give_lesson(cloud, Order(video=video, dish=dish, first_name="花子"), heard.append)

    return hand_in
