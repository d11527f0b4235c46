"""What is done where a machine lacks a program that a test needs."""

import os
from typing import NoReturn

import pytest


def skip(what: str, why: str, *, insisted: str) -> NoReturn:
    """Skip what cannot be tested here, with a loud word; a failure where the variable `insisted` is 1, as in
    .ci/run, which installs the programs."""
    if os.environ.get(insisted) == "1":
        pytest.fail(f"{what} cannot be tested: {why}")
    pytest.skip(f"NOT TESTED: {what.upper()}: {why}")
