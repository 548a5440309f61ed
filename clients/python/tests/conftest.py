"""What the tests share."""

import json
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def vectors():
    """Signed texts with what must be found in them; the other clients read the same ones."""
    file = Path(__file__).parents[2] / "vectors/vectors.json"
    return json.loads(file.read_text(encoding="utf-8"))
