"""A full pass through a network, worked in the open: what was computed from what.

Everything here reads a tape (`nnstudio.analysis.tape`) and changes nothing. `derive` says where a
number comes from; its operands can be derived in turn, down to the data. `Walk` is the pass as a
row of steps through its phases forward, loss, backward and update, in three granularities.
"""

from nnstudio.analysis.network_pass.derive import derive
from nnstudio.analysis.network_pass.neuron import NeuronView, neuron_view, weight_spread
from nnstudio.analysis.network_pass.numbers import Derivation, Number, Operand, Term
from nnstudio.analysis.network_pass.operations import Operation, Phase, operations
from nnstudio.analysis.network_pass.values import Values
from nnstudio.analysis.network_pass.walk import GRANULARITIES, Granularity, Step, Walk

__all__ = [
    "GRANULARITIES",
    "Derivation",
    "Granularity",
    "NeuronView",
    "Number",
    "Operand",
    "Operation",
    "Phase",
    "Step",
    "Term",
    "Values",
    "Walk",
    "derive",
    "neuron_view",
    "operations",
    "weight_spread",
]
