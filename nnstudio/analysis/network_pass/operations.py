"""The operations of a pass, in the order in which they happen, each on whole arrays.

This is the layer granularity; a walk in finer steps goes through the numbers of each result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnstudio.analysis.network_pass.accounts import parameter_symbol
from nnstudio.analysis.network_pass.known import (
    UNWORKED,
    is_known,
    note_on,
    unknown_in_output,
    unknown_in_update,
    unknown_of,
)
from nnstudio.analysis.network_pass.updates import formula_of
from nnstudio.analysis.network_pass.values import LOSS, UPDATE, Values
from nnstudio.graph.plan import PlanStep
from nnstudio.spec import Part

Phase = Literal["forward", "loss", "backward", "update"]
PHASES: tuple[Phase, ...] = ("forward", "loss", "backward", "update")


@dataclass(frozen=True)
class Shown:
    """An array to look at: its symbol, and the node and quantity it is."""

    symbol: str
    node: str
    what: str
    role: Literal["value", "weight", "gradient"] = "value"


@dataclass(frozen=True)
class Operation:
    """One operation on whole arrays.

    ``result`` and ``operands`` are what the heat maps show. ``edges`` are the ids of the wires it
    works along. ``sums`` says that each element of the result is a sum of terms.
    """

    phase: Phase
    node: str
    title: str
    formula: str
    result: Shown
    operands: tuple[Shown, ...] = ()
    why: str = ""
    edges: tuple[str, ...] = ()
    sums: bool = False

    @property
    def of_parameter(self) -> bool:
        return ":" in self.result.what


def operations(values: Values) -> tuple[Operation, ...]:
    """All operations of the pass, forward to update."""
    steps = values.plan.steps
    found: list[Operation] = []
    for step in steps:
        found += _forward(values, step)
    found += _loss(values)
    for step in reversed(steps):
        found += _backward(values, step)
    found += _update(values)
    return tuple(found)


def _wires_in(step: PlanStep) -> tuple[str, ...]:
    return tuple(f"{source}>{step.id}:{port}" for port, source in enumerate(step.sources))


def _wires_out(values: Values, node: str) -> tuple[str, ...]:
    if node == values.plan.output:
        return (f"{node}>{LOSS}:0",)
    return tuple(f"{node}>{user}:{port}" for user, port in values.users[node])


def _inputs(step: PlanStep) -> tuple[Shown, ...]:
    many = len(step.sources) > 1
    return tuple(
        Shown(f"x{'₁₂₃₄₅₆₇₈₉'[port] if many and port < 9 else ''}", source, "y")
        for port, source in enumerate(step.sources)
    )


def _weights(step: PlanStep, *names: str) -> tuple[Shown, ...]:
    have = {spec.name for spec in step.parameters}
    return tuple(
        Shown(parameter_symbol(name), step.id, f"w:{name}", "weight")
        for name in names
        if name in have
    )


def _forward(values: Values, step: PlanStep) -> list[Operation]:
    node, title, layer = step.id, step.title, step.layer
    wires = _wires_in(step)
    inputs = _inputs(step)
    y = Shown("y", node, "y")
    if not step.sources:
        why = "The pass begins with the data."
        return [Operation("forward", node, f"{title}: the sample", "x", y, (), why)]
    if not is_known(layer):
        weights = _weights(step, *(spec.name for spec in step.parameters))
        return [
            Operation(
                "forward", node, title, UNWORKED, y, (*inputs, *weights), note_on(layer), wires
            )
        ]  # fmt: skip
    if layer.name == "dense":
        activation = layer.activation  # type: ignore[attr-defined]
        z, a = Shown("z", node, "z"), Shown("a", node, "y")
        weights = _weights(step, "kernel", "bias")
        formula = "z = x·W + b" if len(weights) == 2 else "z = x·W"
        why = "Every neuron multiplies each input by a weight and adds the products."
        linear = activation.name == "linear"
        result = Shown("z", node, "y") if linear else z
        found = [
            Operation(
                "forward", node, f"{title}: weighted sums", formula, result, (*inputs, *weights),
                why, wires, True,
            )
        ]  # fmt: skip
        if not linear:
            found.append(
                Operation(
                    "forward", node, f"{title}: {activation.title}",
                    *_told(activation, activation.formula, a, (z,)),
                )
            )  # fmt: skip
        return found
    if layer.name in ("batch_normalization", "layer_normalization"):
        mean, deviation = Shown("μ", node, "mean"), Shown("√(σ²+ε)", node, "deviation")
        normal = Shown("x̂", node, "normalized")
        over = "batch" if layer.name == "batch_normalization" else "features"
        if layer.name == "batch_normalization" and not values.passed().training:
            over = "training set (moving averages)"
        return [
            Operation(
                "forward", node, f"{title}: normalise", "x̂ = (x - μ) / √(σ² + ε)", normal,
                (*inputs, mean, deviation), f"Mean 0 and variance 1 over the {over}.", wires,
            ),
            Operation(
                "forward", node, f"{title}: rescale", "y = γ ⊙ x̂ + β", y,
                (normal, *_weights(step, "gamma", "beta")),
                "γ and β are learned; they set the scale and the centre.",
            ),
        ]  # fmt: skip
    operands = list(inputs)
    if values.has(node, "mask"):
        operands.append(Shown("m", node, "mask"))
    if values.has(node, "noise"):
        operands.append(Shown("ε", node, "noise"))
    operands += _weights(step, "embeddings")
    names = [spec.name for spec in step.parameters if spec.name != "embeddings"]
    operands += _weights(step, *names)
    formula = layer.formula
    if layer.name in ("dropout", "gaussian_noise") and len(operands) == 1:
        formula = "y = x"
    if layer.name == "activation":
        activation = layer.activation  # type: ignore[attr-defined]
        if not is_known(activation):
            told = _told(activation, "", y, tuple(operands))
            return [Operation("forward", node, title, *told, wires)]
        formula = activation.formula
    return [
        Operation(
            "forward", node, title, formula, y, tuple(operands), layer.sentence(), wires,
            layer.name in ("add", "global_average_pooling_1d"),
        )
    ]  # fmt: skip


def _told(
    part: Part, formula: str, result: Shown, operands: tuple[Shown, ...], why: str = ""
) -> tuple[str, Shown, tuple[Shown, ...], str]:
    """Formula, result, operands and reason of an operation, or that it has no worked account."""
    if not is_known(part):
        return UNWORKED, result, operands, note_on(part)
    return formula, result, operands, why or part.sentence()


def _loss(values: Values) -> list[Operation]:
    loss, node = values.tape.loss, values.plan.output
    formula = loss.formula
    each, mean = Shown("l", LOSS, "l"), Shown("L", LOSS, "L")
    operands = (Shown("ŷ", node, "y"), Shown("y", LOSS, "target"))
    wires = _wires_out(values, node)
    found = [
        Operation(
            "loss",
            LOSS,
            loss.title or loss.name,
            *_told(loss, formula, each, operands),
            wires,
            True,
        )
    ]
    passed = values.passed()
    counted: tuple[Shown, ...] = (each,)
    if passed.count > 1 or abs(passed.penalty) > 1e-9 or passed.weights is not None:
        why = "One number measures how wrong the network is; training makes it smaller."
        formula = "L = 1/n Σ l"
        if passed.weights is not None:
            counted, formula = (Shown("c", LOSS, "weight"), each), "L = 1/n Σ c · l"
            why += " Every loss counts with the weight c of its class."
        found.append(
            Operation("loss", LOSS, "Mean over the batch", formula, mean, counted, why, (), True)
        )
    return found


def _backward(values: Values, step: PlanStep) -> list[Operation]:
    node, title, layer = step.id, step.title, step.layer
    if not step.sources or not values.has(node, "dy"):
        return []
    found: list[Operation] = []
    record = values.layer(node)
    dy = Shown("dL/dy", node, "dy", "gradient")
    out = _wires_out(values, node)
    if node == values.plan.output and not record.fused:
        formula = values.tape.loss.derivative_formula.split("\n")[0]
        operands: tuple[Shown, ...] = (Shown("ŷ", node, "y"), Shown("y", LOSS, "target"))
        why = "How fast the loss changes with each output."
        if values.passed().weights is not None:
            operands = (*operands, Shown("c", LOSS, "weight"))
            why += " It counts with the class weight c."
        told = _told(values.tape.loss, formula, dy, operands, why)
        found.append(Operation("backward", node, "Gradient of the loss", *told, out))
    elif len(values.users[node]) > 1:
        parts = tuple(
            Shown(f"from {values.step(user).title}", user, f"dx{port}", "gradient")
            for user, port in values.users[node]
            if values.has(user, f"dx{port}")
        )
        why = "The output is read by several layers, so their gradients add up."
        found.append(
            Operation(
                "backward",
                node,
                f"{title}: sum of gradients",
                "dL/dy = Σ",
                dy,
                parts,
                why,
                out,
                True,
            )
        )
    if hasattr(layer, "activation") and values.has(node, "dz"):
        found.append(_through(values, step, out))
    dz = Shown("dL/dz", node, "dz", "gradient")
    needed: tuple[Shown, ...]
    wanted = [spec for spec in step.parameters if spec.trainable]
    for spec in wanted:
        letter = parameter_symbol(spec.name)
        result = Shown(f"dL/d{letter}", node, f"dw:{spec.name}", "gradient")
        if is_known(layer):
            formula, needed, why = _parameter(step, spec.name, dz, dy)
        else:
            formula, needed, why = UNWORKED, (*_inputs(step), dy), note_on(layer)
        found.append(
            Operation(
                "backward", node, f"{title}: gradient of {letter}", formula, result, needed, why,
                (), True,
            )
        )  # fmt: skip
    for port, source in enumerate(step.sources):
        if not values.step(source).sources or not values.has(node, f"dx{port}"):
            continue
        if layer.name == "activation":
            continue
        found.append(_passed_on(values, step, port, dz, dy))
    return found


def _through(values: Values, step: PlanStep, out: tuple[str, ...]) -> Operation:
    node, title = step.id, step.title
    activation = step.layer.activation  # type: ignore[attr-defined]
    dz = Shown("dL/dz", node, "dz", "gradient")
    if (part := _unknown_through(values, step)) is not None:
        came = (Shown("ŷ", node, "y"), Shown("y", LOSS, "target"))
        if not values.layer(node).fused:
            came = (Shown("dL/da", node, "dy", "gradient"), Shown("z", node, "z"))
        there = tuple(shown for shown in came if values.has(shown.node, shown.what))
        name = f"{title}: back through {activation.title or activation.name}"
        return Operation("backward", node, name, UNWORKED, dz, there, note_on(part), out)
    if values.layer(node).fused:
        n = values.passed().count
        formula = "dL/dz = ŷ - y" if n == 1 else "dL/dz = 1/n (ŷ - y)"
        operands: tuple[Shown, ...] = (Shown("ŷ", node, "y"), Shown("y", LOSS, "target"))
        loss = values.tape.loss.title.lower()
        why = f"{activation.title} and {loss} together leave the difference."
        if values.passed().weights is not None:
            formula = "dL/dz = c (ŷ - y)" if n == 1 else "dL/dz = 1/n c (ŷ - y)"
            operands = (Shown("c", LOSS, "weight"), *operands)
            why += " It counts with the class weight c."
        return Operation(
            "backward", node, f"{title}: prediction minus target", formula, dz, operands, why, out
        )
    operands = (Shown("dL/da", node, "dy", "gradient"), Shown("z", node, "z"))
    if values.has(node, "slope"):
        operands = (operands[0], Shown("f′(z)", node, "slope"))
    formula = f"dL/dz = dL/da ⊙ f′(z),  {activation.derivative_formula}"
    why = "The upstream gradient is multiplied by the slope; where the slope is 0, none passes."
    if step.layer.name == "activation":
        operands = (operands[0], *(o for o in operands[1:] if values.has(o.node, o.what)))
    return Operation(
        "backward",
        node,
        f"{title}: back through {activation.title}",
        formula,
        dz,
        operands,
        why,
        out,
    )


def _unknown_through(values: Values, step: PlanStep) -> Part | None:
    if values.layer(step.id).fused:
        return unknown_in_output(values, step.id)
    return unknown_of(step)


def _parameter(
    step: PlanStep, name: str, dz: Shown, dy: Shown
) -> tuple[str, tuple[Shown, ...], str]:
    (x,) = _inputs(step)[:1]
    if name == "kernel":
        why = "A weight's gradient is its input times its unit's gradient."
        return "dL/dW = xᵀ · dL/dz", (x, dz), why
    if name == "bias":
        return (
            "dL/db = Σ dL/dz",
            (dz,),
            "The bias is added to every sample, so its gradients add up.",
        )
    if name == "gamma":
        return "dL/dγ = Σ dL/dy ⊙ x̂", (dy, Shown("x̂", step.id, "normalized")), ""
    if name == "embeddings":
        return "dL/dE[k] = Σ dL/dy where k was looked up", (x, dy), "Only rows that were looked up."
    return f"dL/d{parameter_symbol(name)} = Σ dL/dy", (dy,), ""


def _passed_on(values: Values, step: PlanStep, port: int, dz: Shown, dy: Shown) -> Operation:
    node, layer = step.id, step.layer
    source = step.sources[port]
    result = Shown("dL/dx", node, f"dx{port}", "gradient")
    wires = (f"{source}>{node}:{port}",)
    title = f"{step.title}: back to {values.step(source).title}"
    if not is_known(layer):
        given = (*_inputs(step), dy)
        return Operation("backward", node, title, UNWORKED, result, given, note_on(layer), wires)
    if layer.name == "dense":
        why = "Each input's gradient sums every neuron's gradient times the weight between them."
        operands: tuple[Shown, ...] = (dz, *_weights(step, "kernel"))
        return Operation(
            "backward", node, title, "dL/dx = dL/dz · Wᵀ", result, operands, why, wires, True
        )
    operands, formula, why = (
        (dy,),
        "dL/dx = dL/dy",
        "The local derivative is 1: the gradient passes.",
    )
    if values.has(node, "mask"):
        operands = (dy, Shown("m", node, "mask"))
        formula, why = "dL/dx = m ⊙ dL/dy", "Where the mask is 0, the gradient is 0."
    elif layer.name == "multiply":
        formula, why = (
            "dL/dxᵢ = dL/dy ⊙ the other branches",
            "A branch's local derivative is the product of the others.",
        )
        operands = (dy, *_inputs(step))
    elif layer.name == "concatenate":
        formula, why = (
            "dL/dxᵢ = its part of dL/dy",
            "Each branch gets its own part of the gradient.",
        )
    elif layer.name == "global_average_pooling_1d":
        formula, why = "dL/dx = 1/T dL/dy", "Every position gets an equal share."
    elif layer.name.endswith("normalization"):
        operands = (dy, Shown("x̂", node, "normalized"), *_weights(step, "gamma"))
        formula = "dL/dx = (dx̂ - mean dx̂ - x̂ mean(dx̂ x̂)) / √(σ² + ε)"
        why = "An input also changes the mean and the variance, so both add to its gradient."
    return Operation("backward", node, title, formula, result, operands, why, wires)


def _update(values: Values) -> list[Operation]:
    update = values.tape.update
    found = []
    unknown = unknown_in_update(values)
    formula = formula_of(update.optimizer) if unknown is None else UNWORKED
    why = update.optimizer.sentence() if unknown is None else note_on(unknown)
    for step in values.plan.steps:
        for spec in step.parameters:
            if not spec.trainable:
                continue
            letter = parameter_symbol(spec.name)
            states = tuple(
                Shown(state, step.id, f"after:{state}:{spec.name}", "gradient")
                for state in update.after
            )
            operands = (
                Shown(letter, step.id, f"w:{spec.name}", "weight"),
                Shown("g", step.id, f"g:{spec.name}", "gradient"),
                *states,
            )
            found.append(
                Operation(
                    "update", step.id, f"{step.title}: new {letter}", formula,
                    Shown(f"{letter} new", step.id, f"new:{spec.name}", "weight"), operands, why,
                )
            )  # fmt: skip
    result = Shown("ΔL", UPDATE, "actual")
    operands = (
        Shown("L", LOSS, "L"),
        Shown("L new", UPDATE, "after"),
        Shown("ΔL predicted", UPDATE, "predicted"),
    )
    why = "The linear estimate of the change of the loss, and the change measured after the step."
    found.append(
        Operation(
            "update", UPDATE, "Change of the loss", "ΔL = L(θ new) - L(θ)", result, operands, why
        )
    )
    return found
