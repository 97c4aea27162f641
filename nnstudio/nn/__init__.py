"""The parts of a network and of its training, each one declaration.

Importing this package makes every part known to `nnstudio.spec.parts`.
"""

import sys

from nnstudio.spec import walk

walk(sys.modules[__name__])
