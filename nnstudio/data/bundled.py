"""The small classic sets that come with scikit-learn, which is imported only when one is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.data.splits import SplitSource, split
from nnstudio.graph.plan import Signature
from nnstudio.spec import choice

_CARD_END = "It comes with scikit-learn (BSD licence)."


@dataclass(frozen=True)
class Digits(SplitSource):
    """Handwritten digits, 8 × 8 pixels: 1,797 small grey pictures in ten classes."""

    name: ClassVar[str] = "digits"
    title: ClassVar[str] = "Handwritten digits"
    group: ClassVar[str] = "images"
    icon: ClassVar[str] = "image"

    layout: str = choice(
        "image",
        label="Layout",
        help="A picture keeps its 8 × 8 pixels and needs a Flatten layer before Dense; a row is "
        "64 numbers.",
        options=(("image", "8 × 8 picture"), ("row", "row of 64 numbers")),
    )

    def summary(self) -> str:
        """The shape of a sample."""
        return "8 × 8 pixels" if self.layout == "image" else "64 pixels"

    def load(self) -> Dataset:
        """Read the digits; pixels are scaled from 0..16 to 0..1."""
        from sklearn.datasets import load_digits

        bundle = load_digits()
        pixels = (np.asarray(bundle.images) / 16.0).astype(np.float32)
        x = pixels if self.layout == "image" else pixels.reshape(len(pixels), 64)
        y = np.asarray(bundle.target, dtype=np.int64)
        parts = [
            Samples(x[indices], y[indices]) if len(indices) else None
            for indices in split(y, self.validation_fraction, self.test_fraction, self.seed)
        ]
        train = parts[0]
        assert train is not None, "a split always leaves training samples"
        names = [f"pixel {row},{column}" for row in range(8) for column in range(8)]
        return Dataset(
            title=self.title,
            signature=Signature(
                input_shape=x.shape[1:],
                task="classification",
                classes=10,
                target_maximum=9.0,
                target_title="digit",
            ),
            train=train,
            validation=parts[1],
            test=parts[2],
            class_names=tuple(map(str, range(10))),
            feature_names=() if self.layout == "image" else tuple(names),
            target_name="digit",
            offset=np.zeros(64),
            scale=np.full(64, 16.0),
            card="1,797 digits by 43 people, 8 × 8 pixels with 17 grey levels (E. Alpaydin, "
            f"C. Kaynak: Optical Recognition of Handwritten Digits, UCI 1998). {_CARD_END}",
        )


@dataclass(frozen=True)
class TableSource(SplitSource):
    """Base of the tables: numeric columns, standardised with the training part's figures."""

    group: ClassVar[str] = "tables"
    icon: ClassVar[str] = "table"
    target: ClassVar[str] = ""
    about: ClassVar[str] = ""
    class_titles: ClassVar[tuple[str, ...]] = ()  # where scikit-learn's own names say nothing

    def read(self) -> Any:
        """scikit-learn's bundle: data, target, feature_names, and target_names for classes."""
        raise TypeError(f"{type(self).__name__} does not read")

    def summary(self) -> str:
        """What is predicted."""
        return f"predicts the {self.target}"

    def load(self) -> Dataset:
        """Read the table, divide it, standardise the columns (and a numeric target)."""
        bundle = self.read()
        raw = np.asarray(bundle.data, dtype=np.float64)
        names = self.class_titles or tuple(map(str, getattr(bundle, "target_names", ())))
        target = np.asarray(bundle.target)
        divided = split(
            target,
            self.validation_fraction,
            self.test_fraction,
            self.seed,
            stratify=bool(names),
        )
        offset, scale = raw[divided[0]].mean(axis=0), raw[divided[0]].std(axis=0)
        scale[scale == 0.0] = 1.0
        x = ((raw - offset) / scale).astype(np.float32)
        target_offset, target_scale = 0.0, 1.0
        y: np.ndarray[Any, Any]
        if names:
            y = target.astype(np.int64)
            signature = Signature(
                input_shape=(x.shape[1],),
                task="classification",
                classes=len(names),
                target_maximum=float(len(names) - 1),
                target_title=self.target,
            )
        else:
            target_offset = float(target[divided[0]].mean())
            target_scale = float(target[divided[0]].std())
            y = ((target - target_offset) / target_scale).astype(np.float32)[:, None]
            signature = Signature(
                input_shape=(x.shape[1],),
                task="regression",
                target_minimum=float(y.min()),
                target_maximum=float(y.max()),
                target_title=self.target,
            )
        parts = [Samples(x[indices], y[indices]) if len(indices) else None for indices in divided]
        train = parts[0]
        assert train is not None, "a split always leaves training samples"
        return Dataset(
            title=self.title,
            signature=signature,
            train=train,
            validation=parts[1],
            test=parts[2],
            class_names=names,
            feature_names=tuple(map(str, bundle.feature_names)),
            target_name=self.target,
            offset=offset,
            scale=scale,
            target_offset=target_offset,
            target_scale=target_scale,
            card=f"{self.about} {_CARD_END}",
        )


@dataclass(frozen=True)
class Iris(TableSource):
    """Iris flowers: four measurements, three species, 150 plants."""

    name: ClassVar[str] = "iris"
    title: ClassVar[str] = "Iris flowers"
    target: ClassVar[str] = "species"
    about: ClassVar[str] = (
        "150 iris plants, 50 of each species, with the length and width of sepal and petal in cm "
        "(E. Anderson; R. A. Fisher 1936)."
    )

    def read(self) -> Any:
        """The iris table."""
        from sklearn.datasets import load_iris

        return load_iris()


@dataclass(frozen=True)
class Wine(TableSource):
    """Wines: thirteen chemical measurements, three growers, 178 bottles."""

    name: ClassVar[str] = "wine"
    title: ClassVar[str] = "Wine"
    target: ClassVar[str] = "grower"
    class_titles: ClassVar[tuple[str, ...]] = ("grower 1", "grower 2", "grower 3")
    about: ClassVar[str] = (
        "178 wines of three growers of one Italian region, with 13 chemical measurements "
        "(M. Forina, UCI 1991)."
    )

    def read(self) -> Any:
        """The wine table."""
        from sklearn.datasets import load_wine

        return load_wine()


@dataclass(frozen=True)
class BreastCancer(TableSource):
    """Breast cancer: thirty measurements of cell nuclei, malignant or benign, 569 cases."""

    name: ClassVar[str] = "breast_cancer"
    title: ClassVar[str] = "Breast cancer"
    target: ClassVar[str] = "diagnosis"
    about: ClassVar[str] = (
        "569 tumours, 212 malignant and 357 benign, with 30 measurements of cell nuclei in an "
        "image (W. Wolberg, N. Street, O. Mangasarian, Wisconsin 1995)."
    )

    def read(self) -> Any:
        """The breast cancer table."""
        from sklearn.datasets import load_breast_cancer

        return load_breast_cancer()


@dataclass(frozen=True)
class Diabetes(TableSource):
    """Diabetes: ten measurements, and how far the disease advanced in a year; a regression."""

    name: ClassVar[str] = "diabetes"
    title: ClassVar[str] = "Diabetes"
    target: ClassVar[str] = "progression"
    about: ClassVar[str] = (
        "442 patients with age, sex, body mass index, blood pressure and six blood values, and a "
        "measure of the disease's progression one year later (B. Efron and others, 2004)."
    )

    def read(self) -> Any:
        """The diabetes table, in its original units."""
        from sklearn.datasets import load_diabetes

        return load_diabetes(scaled=False)
