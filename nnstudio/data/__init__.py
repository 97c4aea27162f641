"""Data sets: those that come with the app, those that are made, and the learner's own files."""

import sys

from nnstudio.spec import walk

walk(sys.modules[__name__])
