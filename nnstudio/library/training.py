"""What `Model.fit` trains on and with, and how it goes on from an earlier one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.arrays import refusal
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.splits import split
from nnstudio.engine.trainer import Trainer
from nnstudio.nn.loss import Loss
from nnstudio.project.setup import TrainingSetup

if TYPE_CHECKING:
    from nnstudio.library.model import Model

Array = np.ndarray[Any, Any]


def setup(settings: Mapping[str, Any], loss: Loss, seed: int) -> TrainingSetup:
    """The set-up with these settings; raises a `TypeError` for one that there is not."""
    known = [spec.name for spec in TrainingSetup.fields() if spec.name != "loss"]
    for name in settings:
        if name not in known:
            near = get_close_matches(name, known, 1)
            guess = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"fit has no setting named {name!r}{guess} It has {', '.join(known)}.")
    return TrainingSetup(**{"loss": loss, "seed": seed, **settings})


def samples(
    data: Dataset, validation_split: float, weights: Any, seed: int
) -> tuple[Dataset, Array | None]:
    """The data with a validation set split off, and the weights of what stays for training."""
    weights = _weights(weights, len(data.train))
    if not validation_split:
        return data, weights
    if isinstance(validation_split, bool) or not 0 < validation_split < 0.9:
        raise refusal(
            f"validation_split must lie between 0 and 0.9, not {validation_split!r:.40}", ""
        )
    if data.validation is not None:
        raise refusal(
            f"The data has a validation set of {len(data.validation):,} samples already",
            "Leave validation_split out, or make the data without one.",
        )
    whole = data.train
    stratify = data.signature.task == "classification"
    kept, held, _ = split(whole.y, validation_split, 0.0, seed, stratify=stratify)
    if not len(held):
        raise refusal(
            f"validation_split={validation_split} of {len(whole):,} samples is none at all",
            "Make it larger.",
        )
    parts = [_rows(whole, indices) for indices in (kept, held)]
    divided = dataclasses.replace(data, train=parts[0], validation=parts[1])
    return divided, None if weights is None else weights[kept]


def go_on(model: Model, dataset: Dataset, setup: TrainingSetup, weights: Array | None) -> Trainer:
    """A trainer that goes on where the model stands: epoch numbers, order, optimizer's state."""
    before = model.trainer
    checkpoint = before.checkpoint() if before is not None else model.checkpoint
    same_optimizer = setup.optimizer.name == model.setup.optimizer.name
    trainer = Trainer(model.network, dataset, setup, weights)
    trained_on = before.samples if before is not None else model.fitted.samples
    if checkpoint and same_optimizer and trained_on == trainer.samples:
        trainer.resume(checkpoint)
        trainer.set_learning_rate(setup.optimizer.learning_rate)
    else:
        trainer.history = list(model.history)
        trainer.weights_epoch = len(model.history)
        trainer.update = model.history[-1].updates if model.history else 0
        trainer.seconds = model.history[-1].seconds if model.history else 0.0
        if before is not None:
            trainer.shuffling.state = before.shuffling.state
            trainer.began_anew()
    return trainer


def _weights(weights: Any, count: int) -> Array | None:
    if weights is None:
        return None
    try:
        found = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise refusal("sample_weights must be numbers", f"They are {weights!r:.60}.") from None
    if found.shape != (count,):
        raise refusal(
            f"sample_weights have the shape {found.shape}",
            f"There are {count:,} training samples, so they need the shape ({count},).",
        )
    if not np.isfinite(found).all() or (found < 0).any() or not found.any():
        raise refusal(
            "sample_weights must be finite, not negative and not all 0",
            f"They go from {found.min():g} to {found.max():g}.",
        )
    return found


def _rows(samples: Samples, indices: Array) -> Samples:
    texts = None if samples.texts is None else [samples.texts[i] for i in indices]
    x: Any = samples.x
    return Samples(x[indices], samples.y[indices], texts)
