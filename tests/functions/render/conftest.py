"""A finished video, made once for all who look at it."""

import pytest

from tests.functions.render.films import film, order_for
from tests.functions.render.made import Made, make


@pytest.fixture(scope="session")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """24 s, silent, a key frame every other second, two black seconds, the moment near the end."""
    directory = tmp_path_factory.mktemp("lying")
    source = film(directory / "source.mp4", length_s=24, key_every_s=2, black=lambda time_s: 8 <= time_s < 10)
    return make(order_for(source, directory, key_moment_s=22.5), directory)
