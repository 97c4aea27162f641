"""Property forms made from the fields that a part declares: no form is written by hand."""

from nnstudio.ui.forms.form import PartForm
from nnstudio.ui.forms.plot import FunctionPlot

__all__ = ["FunctionPlot", "PartForm"]
