"""A worker with each Keras, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rnnlint.confirm.session import Session
from tests.confirm.confirming import LIMITS


@pytest.fixture(scope="session")
def keras3(keras3_python: str) -> Iterator[Session]:
    """Keras 3."""
    session = Session(keras3_python, limits=LIMITS)
    yield session
    session.close()


@pytest.fixture(scope="session")
def keras2(keras2_python: str) -> Iterator[Session]:
    """Keras 2."""
    session = Session(keras2_python, limits=LIMITS)
    yield session
    session.close()
