"""No false alarm on the public samples of the Workflows product.

They are not part of this repository: `WORKFLOWS_SAMPLES_DIR` names a checkout of GoogleCloudPlatform/workflows-samples.
"""

import os
from pathlib import Path

import pytest

from local.workflows import check

SAMPLES_VARIABLE = "WORKFLOWS_SAMPLES_DIR"


def _samples() -> list[Path]:
    directory = os.environ.get(SAMPLES_VARIABLE)
    if directory is None:
        return []
    return sorted(path for path in Path(directory, "src").rglob("*.workflows.*") if path.suffix in {".yaml", ".json"})


@pytest.mark.skipif(not _samples(), reason=f"{SAMPLES_VARIABLE} names no checkout of the official samples")
@pytest.mark.parametrize("path", _samples(), ids=lambda path: path.name)
def test_official_sample_has_no_problem(path: Path) -> None:
    assert check(path.read_text("utf-8")) == []
