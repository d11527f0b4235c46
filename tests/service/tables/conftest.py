"""The tests of the runner begin with the tables that it would make, but for the one that has it make them."""

import pytest

from tests.databases import READY, Preparation


@pytest.fixture
def like() -> Preparation:
    return READY
