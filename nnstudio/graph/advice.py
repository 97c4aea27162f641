"""What a good teacher would remark on a network that works but could do better.

Each remark is a small function over one card, listed in `REMARKS`; it looks at the graph and its
shapes and returns problems, nearly all of them warnings and hints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from nnstudio.graph.mending import insert
from nnstudio.graph.model import Edge, Graph, Node
from nnstudio.graph.plan import Signature
from nnstudio.graph.wiring import Wiring
from nnstudio.nn.activation import Activation
from nnstudio.nn.activations import Relu
from nnstudio.nn.initializers import GlorotUniform
from nnstudio.nn.layer import Layer, Shape
from nnstudio.nn.layers.activation import Activation as ActivationLayer
from nnstudio.nn.layers.dense import Dense
from nnstudio.nn.layers.dropout import Dropout
from nnstudio.nn.layers.embedding import Embedding
from nnstudio.nn.layers.flatten import Flatten
from nnstudio.spec import Fix, Place, Problem, Severity

#: Layers that leave a linear map linear.
STRAIGHT = ("dropout", "gaussian_noise", "flatten", "reshape", "batch_normalization")
SATURATING = ("sigmoid", "tanh")
DEEP = 4  # saturating layers in a row before gradients visibly fade
HIGH_RATE = 0.8


@dataclass(frozen=True)
class Scene:
    """What a remark looks at."""

    graph: Graph
    wires: Wiring
    shapes: Mapping[str, Shape]
    output: str
    signature: Signature | None

    def readers(self, id: str) -> Iterator[tuple[Node, Edge]]:
        """The cards that read this one, each with the wire."""
        for edge in self.wires.targets[id]:
            yield self.graph.node(edge.target), edge

    def source(self, node: Node) -> Node | None:
        """The card before a layer with one input."""
        edges = self.wires.sources[node.id]
        return self.graph.node(edges[0].source) if len(edges) == 1 else None


def give(
    graph: Graph,
    wires: Wiring,
    shapes: Mapping[str, Shape],
    output: str,
    signature: Signature | None,
) -> list[Problem]:
    """All remarks on the connected part of a graph, in the order of computation."""
    scene = Scene(graph, wires, shapes, output, signature)
    found: list[Problem] = []
    for id in wires.order:
        if id in wires.reached:
            node = graph.node(id)
            for remark in REMARKS:
                found.extend(remark(scene, node))
    return found


def straight_lines(scene: Scene, node: Node) -> Iterator[Problem]:
    """Two Dense layers with nothing between them that bends."""
    if not isinstance(node.layer, Dense) or node.layer.activation.name != "linear":
        return
    waiting = [(node, [*scene.readers(node.id)])]
    while waiting:
        _, readers = waiting.pop()
        for reader, edge in readers:
            if isinstance(reader.layer, Dense):
                yield Problem(
                    f"No activation between {node.title} and {reader.title}",
                    "Two linear layers in a row can do no more than one: W₂(W₁x) = (W₂W₁)x. "
                    "An activation between them lets the network compute non-linear functions.",
                    Place("edge", edge.id),
                    Severity.WARNING,
                    _activate(node, Relu()),
                )
                return
            if reader.layer.name in STRAIGHT:
                waiting.append((reader, [*scene.readers(reader.id)]))


def softmax_inside(scene: Scene, node: Node) -> Iterator[Problem]:
    """A softmax that is not the last thing before the loss."""
    activation = _activation(node)
    if activation is None or activation.name != "softmax" or not scene.wires.targets[node.id]:
        return
    following = [reader for reader, _ in scene.readers(node.id)]
    if all(reader.layer.name in ("dropout", "gaussian_noise") for reader in following) and all(
        reader.id == scene.output for reader in following
    ):
        return  # what stands behind it is the trouble, and is remarked on there
    again = next((r for r in following if _activation(r) == activation), None)
    if again is not None and isinstance(again.layer, ActivationLayer):
        yield Problem(
            "Softmax twice in a row",
            f"{node.title} gives probabilities already; taking softmax of them again makes them "
            "nearly equal, and the network learns slowly.",
            Place("node", again.id),
            Severity.WARNING,
            Fix(f"Remove {again.title}", "delete", {"ids": [again.id]}),
        )
        return
    yield Problem(
        f"Softmax inside the network, at {node.title}",
        "Softmax makes its outputs share a total of 1, so hidden neurons would compete for it and "
        "carry little. It belongs at the output; inside, ReLU is the usual choice.",
        Place("node", node.id, "activation"),
        Severity.WARNING,
        _activate(node, Relu()),
    )


def noise_at_the_end(scene: Scene, node: Node) -> Iterator[Problem]:
    """Dropout or noise as the last layer."""
    if node.id != scene.output or node.layer.name not in ("dropout", "gaussian_noise"):
        return
    what = (
        "switches off outputs" if isinstance(node.layer, Dropout) else "adds noise to the outputs"
    )
    yield Problem(
        f"{node.title} stands behind the last layer",
        f"It {what} at random just before the loss, often the one for the right answer. "
        "It belongs between hidden layers.",
        Place("node", node.id),
        Severity.WARNING,
        Fix(f"Remove {node.title}", "delete", {"ids": [node.id]}),
    )


def much_dropout(scene: Scene, node: Node) -> Iterator[Problem]:
    """A rate at which hardly anything gets through."""
    if isinstance(node.layer, Dropout) and node.layer.rate >= HIGH_RATE:
        yield Problem(
            f"{node.title} switches off {100 * node.layer.rate:g} % of the neurons",
            "So little is left at each step that the network may not learn at all. "
            "0.2 to 0.5 is usual.",
            Place("node", node.id, "rate"),
            Severity.HINT,
            Fix("Set the rate to 0.5", "configure_layer", {"id": node.id, "rate": 0.5}),
        )


def dropout_twice(scene: Scene, node: Node) -> Iterator[Problem]:
    """Two Dropouts in a row."""
    before = scene.source(node)
    if not isinstance(node.layer, Dropout) or before is None:
        return
    if isinstance(before.layer, Dropout):
        left = (1 - node.layer.rate) * (1 - before.layer.rate)
        yield Problem(
            "Two Dropout layers in a row",
            f"Together they act as one with the rate {1 - left:.3g}.",
            Place("node", node.id),
            Severity.HINT,
            Fix(f"Remove {node.title}", "delete", {"ids": [node.id]}),
        )


def rows_alone(scene: Scene, node: Node) -> Iterator[Problem]:
    """A Dense layer on the rows of a picture."""
    before = scene.source(node)
    if not isinstance(node.layer, Dense) or before is None:
        return
    shape = scene.shapes.get(before.id, ())
    if len(shape) > 1 and not _behind(scene, before, Embedding, Dense):
        size = " × ".join(str(n) for n in shape)
        edge = scene.wires.sources[node.id][0]
        yield Problem(
            f"{node.title} sees one row at a time",
            f"Along this wire runs {size}, and Dense works on the last axis: the same weights "
            f"for each row of {shape[-1]}, and no neuron sees the whole. "
            "Flatten lays all numbers out in one row first.",
            Place("edge", edge.id),
            Severity.WARNING,
            insert(edge, Flatten()),
        )


def equal_neurons(scene: Scene, node: Node) -> Iterator[Problem]:
    """Weights that all start with the same value."""
    layer = node.layer
    if not isinstance(layer, Dense) or layer.frozen or layer.units < 2:
        return
    if layer.kernel_initializer.name in ("zeros", "ones", "constant") and node.id != scene.output:
        yield Problem(
            f"All neurons of {node.title} start equal",
            "Equal weights get equal gradients, so the neurons stay identical. "
            "Random initial weights make them differ.",
            Place("node", node.id, "kernel_initializer"),
            Severity.WARNING,
            Fix(
                "Use Glorot uniform",
                "configure_layer",
                {"id": node.id, "kernel_initializer": GlorotUniform()},
            ),
        )


def no_slope(scene: Scene, node: Node) -> Iterator[Problem]:
    """A step activation inside the network."""
    activation = _activation(node)
    if activation is not None and activation.name == "step" and node.id != scene.output:
        yield Problem(
            f"{node.title} has a step, which has no slope",
            "Backpropagation multiplies by the slope of every activation on its way. A step is "
            "flat, so nothing true can be said about the weights before it. Use a sigmoid, the "
            "smooth step, or ReLU.",
            Place("node", node.id, "activation"),
            Severity.WARNING,
            _activate(node, Relu()),
        )


def fading_gradients(scene: Scene, node: Node) -> Iterator[Problem]:
    """Many sigmoids or tanhs on one path, told once, where the fourth stands."""
    activation = _activation(node)
    if activation is None or activation.name not in SATURATING or node.id == scene.output:
        return
    count, here = 0, node
    while True:
        found = _activation(here)
        if found is not None and found.name not in SATURATING:
            return
        count += found is not None
        before = scene.source(here)
        if before is None or count > DEEP:
            break
        here = before
    if count == DEEP:
        largest = "at most ¼" if activation.name == "sigmoid" else "below 1"
        yield Problem(
            f"{DEEP} layers of {activation.in_words()} before this point let gradients fade",
            f"Going back, the gradient is multiplied by a slope {largest} in each of them, so the "
            "first layers hardly learn. ReLU has slope 1 wherever its input is positive.",
            Place("node", node.id, "activation"),
            Severity.HINT,
            _activate(node, Relu()),
        )


def nothing_learns(scene: Scene, node: Node) -> Iterator[Problem]:
    """A network all of whose weights are frozen, told at its output."""
    if node.id != scene.output:
        return
    dense = [
        other
        for other in (scene.graph.node(id) for id in scene.wires.ancestors(node.id))
        if isinstance(other.layer, Dense)
    ]
    if dense and all(isinstance(o.layer, Dense) and o.layer.frozen for o in dense):
        yield Problem(
            "All Dense layers are frozen",
            "Their weights stay as they are, so training changes nothing that matters.",
            Place("node", node.id, "frozen"),
            Severity.WARNING,
            Fix(f"Let {dense[-1].title} learn", "configure_layer", _thaw(dense[-1])),
        )


def words_as_numbers(scene: Scene, node: Node) -> Iterator[Problem]:
    """Word indices read as amounts, amounts read as indices, or a vocabulary too small."""
    data, layer = scene.signature, node.layer
    before = scene.source(node)
    if data is None or before is None or before.layer.most_inputs != 0:
        return
    edge = scene.wires.sources[node.id][0]
    if isinstance(layer, Embedding) and not data.tokens:
        yield Problem(
            f"{node.title} looks up whole numbers, the data has amounts",
            "An Embedding reads each input as the number of a word. These inputs are measurements "
            "or word counts: connect them to Dense directly.",
            Place("edge", edge.id),
            Severity.WARNING,
            Fix(f"Remove {node.title}", "delete", {"ids": [node.id]}),
        )
    elif isinstance(layer, Embedding) and layer.input_dim < data.tokens:
        yield Problem(
            f"{node.title} knows {layer.input_dim:,} words, the data has {data.tokens:,}",
            "Indices beyond its rows cannot be looked up.",
            Place("node", node.id, "input_dim"),
            Severity.ERROR,
            Fix(
                f"Set the vocabulary to {data.tokens:,}",
                "configure_layer",
                {"id": node.id, "input_dim": data.tokens},
            ),
        )
    elif isinstance(layer, Dense) and data.tokens:
        yield Problem(
            f"{node.title} takes word numbers for amounts",
            "The inputs are numbers of words: word 20 is not twice word 10. "
            "An Embedding turns each into a learned row of numbers.",
            Place("edge", edge.id),
            Severity.WARNING,
            insert(edge, Embedding(data.tokens)),
        )


REMARKS: tuple[Callable[[Scene, Node], Iterator[Problem]], ...] = (
    straight_lines,
    softmax_inside,
    noise_at_the_end,
    much_dropout,
    dropout_twice,
    rows_alone,
    equal_neurons,
    no_slope,
    fading_gradients,
    nothing_learns,
    words_as_numbers,
)


def _activation(node: Node) -> Activation | None:
    found = getattr(node.layer, "activation", None)
    return found if isinstance(found, Activation) else None


def _activate(node: Node, activation: Activation) -> Fix:
    arguments = {"id": node.id, "activation": activation}
    return Fix(f"Use {activation.title} in {node.title}", "configure_layer", arguments)


def _thaw(node: Node) -> dict[str, object]:
    return {"id": node.id, "frozen": False}


def _behind(scene: Scene, node: Node, *kinds: type[Layer]) -> bool:
    """Whether this card, or one that leads straight to it, has a layer of one of these kinds."""
    here: Node | None = node
    while here is not None:
        if isinstance(here.layer, kinds):
            return True
        here = scene.source(here)
    return False
