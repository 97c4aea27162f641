"""What holds for every test."""

import os

from hypothesis import settings

# The same examples at every run, so that a failure is there for everybody; NNSTUDIO_EXPLORE=1 looks
# for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("NNSTUDIO_EXPLORE") else "same")
