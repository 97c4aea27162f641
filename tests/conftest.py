"""What holds for every test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from nnstudio.session import garbage

# The same examples at every run, so that a failure is there for everybody; NNSTUDIO_EXPLORE=1 looks
# for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("NNSTUDIO_EXPLORE") else "same")

# As in the app: a worker's thread must not take apart the widgets of an earlier test.
garbage.keep_to_one_thread()


@pytest.fixture(autouse=True)
def sweep() -> Iterator[None]:
    """Collect what is due after each test, in the thread that the tests run in."""
    yield
    garbage.collect(pause=5.0)
