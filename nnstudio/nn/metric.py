"""What a metric is; the metrics themselves stand in `nnstudio.nn.metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nnstudio.spec import Part


@dataclass(frozen=True)
class Metric(Part):
    """Base of all metrics: a figure for people, where the loss is the figure for training.

    ``better`` says which way is good, ``tasks`` for which kind of target it is meant, ``percent``
    whether it is read as a share.
    """

    kind: ClassVar[str] = "metric"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    better: ClassVar[Literal["min", "max"]] = "max"
    percent: ClassVar[bool] = False
    least_classes: ClassVar[int] = 0
    most_classes: ClassVar[int | None] = None  # None: any number

    def suits(self, signature: Any) -> bool:
        """Whether the metric says anything about data with this `graph.plan.Signature`."""
        if signature.task not in self.tasks:
            return False
        most = self.most_classes
        enough = bool(signature.task == "regression" or signature.classes >= self.least_classes)
        return enough and (most is None or bool(signature.classes <= most))

    def value(
        self, prediction: Any, target: Any, weights: Any = None, threshold: float = 0.5
    ) -> float:
        """The figure for predictions (n, outputs) and targets, both NumPy arrays.

        Targets are integer classes (n,) or numbers (n, outputs); ``weights`` (n,) lets samples
        count differently. A single output means class 1 from ``threshold`` on (see the loss's).
        NaN where the figure is undefined, such as the ROC AUC of a single class, and where classes
        would have to be read from outputs that are NaN or infinite.
        """
        raise TypeError(f"{type(self).__name__} does not measure")
