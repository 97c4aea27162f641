"""A network in a few lines, for programs without the app.

model = Model([Dense(256, "relu"), Dropout(0.5), Dense(5, "softmax")], data)
model.fit(epochs=50, batch_size=128)
print(model.evaluate(data.test))
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from nnstudio.data.arrays import read_classes, read_inputs, read_numbers, refuse_lengths
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.encoding import encode
from nnstudio.engine.building import compile, sequential
from nnstudio.engine.events import Diverged, EpochFinished, TrainingFinished
from nnstudio.engine.measuring import evaluate
from nnstudio.engine.network import Network
from nnstudio.engine.trainer import Trainer
from nnstudio.graph.check import check
from nnstudio.graph.model import Graph
from nnstudio.graph.plan import Signature
from nnstudio.library import files, training
from nnstudio.library.history import History
from nnstudio.nn.layer import Layer
from nnstudio.nn.loss import Loss
from nnstudio.nn.metrics import confusion_matrix, predicted_classes
from nnstudio.project.model import EpochRecord, Fitted
from nnstudio.project.setup import TrainingSetup
from nnstudio.spec import Place, Problem, ProblemError, Severity

Array = np.ndarray[Any, Any]
_WARNING = Severity.WARNING


class Model:
    """A network for a data set, to be trained, measured, used and saved.

    ``layers`` is a list, or a graph if there are branches. Without a loss, classification uses
    categorical cross-entropy and regression the mean squared error. Parts may be given by name.
    ``history`` holds all epochs so far. Inputs and results are in the data's own units, whatever
    the network itself is trained on. Raises `ProblemError` with everything that does not fit, and
    warns of what works but badly, or of a device that is not there.
    """

    def __init__(
        self,
        layers: Sequence[Layer] | Graph,
        data: Dataset,
        loss: Loss | str | None = None,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        if not isinstance(data, Dataset):
            raise TypeError(
                f"data is {data!r:.60}, not a Dataset; make one with Dataset.from_arrays(x, y)"
            )
        if loss is None:
            classifies = data.signature.task == "classification"
            loss = "categorical_crossentropy" if classifies else "mean_squared_error"
        graph = layers if isinstance(layers, Graph) else sequential(layers)
        setup = TrainingSetup(loss=cast(Loss, loss), seed=seed)
        self._begin(graph, data.signature, Fitted.of(data), setup, device)
        self.data: Dataset | None = data

    def _begin(
        self, graph: Graph, signature: Signature, fitted: Fitted, setup: TrainingSetup, device: str
    ) -> None:
        self.graph = graph
        self.signature = signature
        self.fitted = fitted
        self.setup = setup
        plan = compile(graph, signature, setup.loss)
        self.network = Network(plan, setup.loss, seed=setup.seed, device=device)
        doubts = [p for p in check(graph, signature, setup.loss).problems if p.severity is _WARNING]
        for problem in (*doubts, self.network.device_problem):
            if problem is not None:
                warnings.warn(str(problem), stacklevel=3)
        self.history = History()
        self.trainer: Trainer | None = None
        self.checkpoint = b""  # where an opened file left off

    @classmethod
    def open(cls, path: str | Path, data: Dataset | None = None, *, device: str = "cpu") -> Model:
        """A model from a file that `save` or the app wrote; it needs no data to predict.

        With ``data`` like that of its training it can be trained on. Raises `ProblemError` that
        says what is wrong with the file.
        """
        found = files.read(path)
        model = cls.__new__(cls)
        model._begin(found.graph, found.signature, found.fitted, found.setup, device)
        model.data = None
        files.put_into(model, found)
        if data is not None:
            files.refuse_other_data(model.fitted, model.signature, data)
            model.data = data
        return model

    # ---- training -----------------------------------------------------------------------------

    def fit(
        self,
        each_epoch: Callable[[EpochRecord], object] | None = None,
        *,
        sample_weights: Any = None,
        validation_split: float = 0.0,
        **settings: Any,
    ) -> History:
        """Train for some epochs more, from where an earlier `fit` ended.

        ``settings`` are the fields of a `TrainingSetup` such as epochs, batch_size, optimizer and
        early_stopping. ``each_epoch`` is called with the figures of every epoch; training ends
        when it returns True. ``sample_weights`` (n,) let training samples count differently.
        ``validation_split`` is the share of the training samples that is set aside where the data
        has no validation set.

        Epochs are numbered on, and the order of the samples, the random numbers and, with the same
        optimizer and samples, its state go on bit for bit. Raises `ProblemError` if training
        diverges; the weights are then those of the last good epoch.
        """
        if self.data is None:
            raise _refused(
                "This model has no data to train on",
                "Open its file with data: Model.open(path, data).",
            )
        setup = training.setup(settings, self.setup.loss, self.network.seed)
        dataset, weights = training.samples(
            self.data, validation_split, sample_weights, self.network.seed
        )
        trainer = training.go_on(self, dataset, setup, weights)
        self.setup, self.trainer = setup, trainer
        try:
            for event in trainer.run(trainer.epoch + setup.epochs):
                if isinstance(event, EpochFinished):
                    self.history.append(event.record)
                    answer = each_epoch(event.record) if each_epoch is not None else None
                    if isinstance(answer, bool | np.bool_) and answer:
                        trainer.stop()
                elif isinstance(event, Diverged):
                    trainer.finish("diverged")
                    raise ProblemError(event.problem)
                elif isinstance(event, TrainingFinished):
                    trainer.reason = event.reason
        finally:
            self.history.follow(trainer)
        return self.history

    # ---- using --------------------------------------------------------------------------------

    def predict(self, x: Any) -> Array:
        """The outputs for samples (n, outputs): probabilities of the classes, or numbers.

        ``x`` is a list or array of raw samples, texts for a model of text, or a part of the data
        such as ``data.test``. Numbers come out in the target's own units.
        """
        outputs = self.network.predict(self._inputs(x))
        return self._in_own_units(outputs)

    def predict_classes(self, x: Any) -> list[str]:
        """The name of the most probable class for each sample; see `predict`."""
        self._refuse_numbers("predict_classes")
        winners = predicted_classes(self.network.predict(self._inputs(x)), self._threshold)
        return [self.class_names[winner] for winner in winners]

    def evaluate(self, x: Any, y: Any = None) -> dict[str, float]:
        """The loss and every metric that suits the data, by name, with dropout off.

        Measured on a part of the data such as ``data.test``, or on raw samples x and targets y.
        Metrics are in the target's own units; the loss is the one that training makes smaller.
        """
        inputs, targets = self._samples(x, y)
        if not len(targets):
            raise _refused("There is nothing to evaluate on", "x holds no sample.")
        fitted = self.fitted
        return evaluate(
            self.network, Samples(inputs, targets), fitted.target_offset, fitted.target_scale
        )

    def confusion_matrix(self, x: Any, y: Any = None) -> Array:
        """How often each true class (row) was predicted as each class (column); see `evaluate`."""
        self._refuse_numbers("confusion_matrix")
        inputs, targets = self._samples(x, y)
        predicted = predicted_classes(self.network.predict(inputs), self._threshold)
        return confusion_matrix(targets, predicted, max(2, self.signature.classes))

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes in the order of the outputs; empty for numbers."""
        count = self.signature.classes
        return self.fitted.class_names or tuple(str(k) for k in range(count))

    # ---- files --------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write the model; returns the file's path, with ``.npz`` added where it has no ending.

        An ``.npz`` file holds all that predicting needs, and plain NumPy reads it (see the README).
        An ``.nns`` file is a project that the app opens; it holds the history and the optimizer's
        state too, so that training goes on from it bit for bit.
        """
        return files.write(self, path)

    def export(self, path: str | Path) -> Path:
        """Write the model for other programs: an ``.npz`` file; see `save`."""
        return files.export(self, path)

    def load(self, path: str | Path) -> None:
        """Take over what `save` wrote for the same network; `open` makes a new model of it.

        Raises `ProblemError`, and changes nothing, if the file holds another network or its
        training data was another.
        """
        files.load_into(self, path)

    # ---- looking ------------------------------------------------------------------------------

    def summary(self) -> str:
        """A table of the layers: settings, output shape, parameters."""
        rows = [("layer", "settings", "output", "parameters")]
        for step in self.network.plan.steps:
            shape = " × ".join(map(str, step.output_shape))
            rows.append((step.id, step.layer.summary(), shape, f"{step.parameter_count:,}"))
        rows.append(("all", "", "", f"{self.network.plan.parameter_count:,}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if place > 1 else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        inputs, *layers = self.network.plan.steps
        shown = [" × ".join(map(str, inputs.output_shape))]
        shown += [f"{step.layer.title} {step.layer.summary()}".strip() for step in layers]
        epochs = len(self.history)
        trained = f"{epochs:,} {'epoch' if epochs == 1 else 'epochs'} of training"
        parameters = f"{self.network.plan.parameter_count:,} parameters"
        return f"Model({' → '.join(shown)}; {parameters}; {trained})"

    # ---- reading what is given ----------------------------------------------------------------

    @property
    def _threshold(self) -> float:
        return self.network.loss.threshold

    def _inputs(self, x: Any) -> Any:
        """Samples as the network takes them."""
        if isinstance(x, Samples):
            return x.x
        if isinstance(x, str):
            x = [x]
        words = self.fitted.words
        first = next(iter(x), None) if isinstance(x, Sequence) else None
        if isinstance(first, str):
            if words is None:
                raise _refused("This model does not read text", f"It was given {first[:60]!r}.")
            return words.encode(map(str, x))
        inputs = x if self._is_own(x) else read_inputs(x, self.signature.tokens)
        shape = self.signature.input_shape
        if tuple(inputs.shape[1:]) != shape:
            raise _refused(
                f"The network takes samples of the shape {shape}, not {tuple(inputs.shape[1:])}",
                f"x has the shape {tuple(inputs.shape)}.",
            )
        if self._is_own(x) or words is not None or hasattr(x, "tocsr") or self.signature.tokens:
            return inputs
        offset, scale = self.fitted.offset, self.fitted.scale
        return encode(np.asarray(x, dtype=np.float64), shape, offset=offset, scale=scale)

    def _samples(self, x: Any, y: Any) -> tuple[Any, Array]:
        """Inputs and targets as the network takes them."""
        if isinstance(x, Samples):
            return x.x, x.y
        if y is None:
            raise TypeError("give a part of the data, such as data.test, or both x and y")
        inputs = self._inputs(x)
        if self._is_own(y):
            targets = y
        elif self.signature.task == "classification":
            targets = read_classes(y, self.class_names)
        else:
            numbers = read_numbers(y, self.signature.outputs)
            scaled = (numbers - self.fitted.target_offset) / self.fitted.target_scale
            targets = scaled.astype(np.float32)
        refuse_lengths(inputs, targets)
        return inputs, targets

    def _is_own(self, array: Any) -> bool:
        """Whether this is an array of the data itself, or a slice of it: encoded already."""
        if self.data is None or not isinstance(array, np.ndarray):
            return False
        known = (self.data.train, self.data.validation, self.data.test)
        return any(
            np.may_share_memory(array, own)
            for part in known
            if part is not None
            for own in (part.x, part.y)
            if isinstance(own, np.ndarray)
        )

    def _in_own_units(self, values: Array) -> Array:
        """Outputs or targets of the network in the units of the data."""
        scale, offset = self.fitted.target_scale, self.fitted.target_offset
        if self.signature.task == "classification" or (scale, offset) == (1.0, 0.0):
            return values
        return values * scale + offset

    def _refuse_numbers(self, what: str) -> None:
        if self.signature.task != "classification":
            raise _refused(f"{what} needs classes", "This model predicts numbers.")


def _refused(title: str, explain: str) -> ProblemError:
    return ProblemError(Problem(title, explain, Place("data")))
