"""What belongs to what: weights to a network and its data, figures to both.

One place answers for every panel whether a result is of the network as it stands, and if it is
not, what has changed since.
"""

from __future__ import annotations

from nnstudio.data.dataset import Dataset
from nnstudio.graph.plan import Check
from nnstudio.project.model import Fitted, Project
from nnstudio.project.provenance import Provenance
from nnstudio.project.refit import same_data
from nnstudio.project.start import THE_DATA, Start, listed
from nnstudio.session.events import made_of
from nnstudio.session.order import Order
from nnstudio.session.readiness import DATA_CHANGED, changed_data
from nnstudio.session.standing import Standing, fits, standing
from nnstudio.session.store import Store


class Origins:
    """Knows the project; the session keeps its check and its data up to date.

    ``running`` says that training goes on, so that weights change with every batch.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.check = Check()
        self.dataset: Dataset | None = None
        self.running = False
        self._measured: tuple[Start, Dataset | None] | None = None
        self._standing: tuple[tuple[object, ...], Standing | None] = ((), None)
        self.measured_by_weights()

    @property
    def project(self) -> Project:
        return self._store.project

    @property
    def standing(self) -> Standing | None:
        """The network that answers questions now, with data or without; None if there is none."""
        project = self.project
        key = (project.graph, project.training.loss, project.trained, self.check, self.dataset)
        known, found = self._standing
        if len(known) != len(key) or any(a is not b for a, b in zip(key, known, strict=True)):
            found = standing(project, self.check, self.dataset)
            self._standing = key, found
        return found

    @property
    def present(self) -> Provenance:
        """What a result of the network as it stands is from."""
        found = self.standing
        dataset = found.dataset if found is not None else self.dataset
        trained = found.trained if found is not None else None
        return Provenance.of(Start.of(self.project), trained, dataset)

    def outdated(self, result: Provenance) -> str:
        """What has changed since a result was made, in words; empty if it still holds."""
        return result.changed(self.present) or ("the weights" if self.running else "")

    def order_to_answer(self, device: str, results_seen: int) -> Order | None:
        """What the worker is asked with; None if there is no network that could answer."""
        found, project = self.standing, self.project
        if found is None:
            return None
        return Order(
            found.plan,
            project.training,
            Start.of(project),
            found.dataset,
            found.fitted,
            found.trained,
            device,
            results_seen,
            found.left_out,
        )

    def order_to_train(self, device: str, results_seen: int) -> Order | None:
        """What the worker trains, with the trained weights unless training begins anew."""
        project, plan, dataset = self.project, self.check.plan, self.dataset
        if plan is None or dataset is None:
            return None
        trained = project.trained
        if trained is not None and (self.begins_anew or not fits(trained, plan)):
            trained = None
        start, fitted = Start.of(project), Fitted.of(dataset)
        return Order(plan, project.training, start, dataset, fitted, trained, device, results_seen)

    @property
    def data_news(self) -> bool:
        """Whether data that differs from what was trained on is yet to be told, or no more."""
        problem = changed_data(self.project, self.dataset)
        return (problem is not None) != any(
            told.title == DATA_CHANGED for told in self.check.problems
        )

    @property
    def begins_anew(self) -> str:
        """What has changed so that Train begins anew, in words; empty if it goes on."""
        project, trained = self.project, self.project.trained
        if trained is None:
            return ""
        return self.trained_before(Provenance.of(Start.of(project), trained))

    def trained_before(self, result: Provenance) -> str:
        """What had changed when a result was made since its weights were trained, in words."""
        trained, now = result.trained, result.start
        if trained is None or trained is not self.project.trained:
            return ""
        same = same_data(trained, now.data, self.dataset)
        return listed((trained.start or now).changes(now, same))

    @property
    def behind(self) -> str:
        """What has changed since the latest training figures were measured, in words.

        Empty if they are the present network's.
        """
        if self._measured is None:
            return ""
        start, dataset = self._measured
        if dataset is None:
            return self.begins_anew
        return listed(self.changes_since(start, dataset))

    @property
    def measured_on(self) -> Dataset | None:
        """The data that the latest training figures are of; None if it is not at hand."""
        return None if THE_DATA in self.behind else self.dataset

    def changes_since(self, start: Start, dataset: Dataset | None = None) -> tuple[str, ...]:
        """What is different from the start of a run, in words."""
        at_hand = dataset is not None and self.dataset is not None
        return start.changes(Start.of(self.project), dataset is self.dataset if at_hand else None)

    def made_of(self, id: str) -> tuple[object, ...]:
        """What a picture of this card would be made of now."""
        return made_of(id, Start.of(self.project), self.check.shapes, self.check.output)

    def measured_by_run(self, start: Start, dataset: Dataset | None) -> None:
        """From now on the training figures are those of a run that began like this."""
        self._measured = start, dataset

    def measured_by_weights(self) -> None:
        """From now on the training figures are those of the project's weights, if it has any."""
        trained = self.project.trained
        self._measured = None
        if trained is not None:
            self._measured = trained.start or Start.of(self.project), None
