"""The service that workflows in these tests call."""

from collections.abc import Iterator

import pytest

from tests.local.workflows.mock_service import MockService, mock_service


@pytest.fixture(scope="session")
def shared_service() -> Iterator[MockService]:
    with mock_service() as service:
        yield service


@pytest.fixture
def service(shared_service: MockService) -> MockService:
    """The mock service, which has seen nothing yet."""
    shared_service.reset()
    return shared_service
