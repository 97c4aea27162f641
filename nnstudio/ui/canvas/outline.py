"""The outline: the same network as a tree, for the keyboard and for a screen reader.

A row per layer in the order of computation, with its settings, output shape and parameters; below
it what is wrong with it and where its inputs come from. Whatever the canvas can do to a card can
be done here: rename, connect, duplicate, delete, mend.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QBrush, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QMenu,
    QStyledItemDelegate,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.graph.model import Graph, Node
from nnstudio.project import commands, fixes
from nnstudio.session.events import DataLoaded
from nnstudio.spec import Problem, ProblemError
from nnstudio.ui import theme
from nnstudio.ui.bridge import Bridge
from nnstudio.ui.canvas import adding, faces
from nnstudio.ui.canvas.catalogue import entries
from nnstudio.ui.canvas.faces import severity_colour
from nnstudio.ui.canvas.geometry import LOSS
from nnstudio.ui.keeping import place_kept
from nnstudio.ui.text import ampersand, titled_tooltip

_ID = Qt.ItemDataRole.UserRole
_PROBLEM = Qt.ItemDataRole.UserRole + 1
_WIDE = 380  # pixels from which shapes and parameters have room


class Outline(QWidget):
    """The tree, and a line that says what to do while it is empty."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Outline of the network")
        self._showing = False
        self._rows: dict[str, QTreeWidgetItem] = {}
        self.tree = _Tree(self)
        self.tree.setAccessibleName("Layers in order of computation")
        self.tree.setItemDelegateForColumn(0, QStyledItemDelegate(self.tree))
        self._hint = QLabel("The network has no layers yet. Add one with the menu key.", self)
        self._hint.setProperty("role", "secondary")
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(12, 12, 12, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._hint)
        layout.addWidget(self.tree)
        self.tree.itemSelectionChanged.connect(self._tell_selection)
        self.tree.itemChanged.connect(self._take_title)
        self.tree.itemActivated.connect(self._activate)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._open_menu)
        self._make_actions()
        bridge.project_changed.connect(self.refresh)
        bridge.check_changed.connect(self.refresh)
        bridge.selection_changed.connect(self._show_selection)
        bridge.event.connect(self._on_event)
        theme.notifier.changed.connect(self._restyle)
        self.refresh()

    def _make_actions(self) -> None:
        self._delete = self._action("Delete", "delete", ("Del", "Backspace"), self.delete)
        self._duplicate = self._action("Duplicate", "duplicate", ("Ctrl+D",), self.duplicate)
        self._rename = self._action("Rename", "rename", ("F2",), self.rename)

    def _action(self, text: str, icon: str, keys: tuple[str, ...], run: object) -> QAction:
        action = QAction(theme.icon(icon), text, self.tree)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(run)
        self.tree.addAction(action)
        return action

    # --- showing

    def refresh(self, _: object = None) -> None:
        """Show the project as it is now; rows that are open stay open."""
        self._showing = True
        open_rows = {id for id, row in self._rows.items() if row.isExpanded()}
        self.tree.clear()
        self._rows.clear()
        project, check = self.bridge.store.project, self.bridge.session.check
        dataset = self.bridge.session.dataset
        problems = faces.problems_by_place(check)
        for node in in_order(project.graph):
            problem = problems.get(("node", node.id))
            face = faces.layer_face(node, project, check, dataset, problem)
            self._add_row(face, check.parameter_counts.get(node.id, 0))
            for edge in project.graph.incoming[node.id]:
                source = project.graph.node(edge.source)
                self._add_source(node.id, source, edge.id, problems)
        if check.output in project.graph:
            face = faces.loss_face(project, dataset, problems.get((LOSS, LOSS)))
            self._add_row(face, 0)
            wire = f"{check.output}>{LOSS}:0"
            self._add_source(LOSS, project.graph.node(check.output), wire, problems)
        for id, row in self._rows.items():
            row.setExpanded(id in open_rows or self._has_problem(row))
        self._hint.setVisible(not self._rows)
        self.tree.fit_columns()
        self._showing = False
        self._show_selection()

    def _restyle(self) -> None:
        """The same rows in other colours, and where one was among them."""
        with place_kept(self.tree):
            self.refresh()

    def _add_row(self, face: faces.Face, parameters: int) -> None:
        colours = theme.current()
        row = QTreeWidgetItem(
            [face.title, face.settings, face.shape, f"{parameters:,}" if parameters else ""]
        )
        row.setIcon(0, theme.icon(face.icon, colours.family(face.family)))
        row.setData(0, _ID, face.id)
        row.setData(0, Qt.ItemDataRole.AccessibleTextRole, faces.describe(face))
        for column, words in enumerate((face.title, face.settings)):
            row.setToolTip(column, titled_tooltip(words))
        row.setForeground(1, QBrush(colours.secondary))
        row.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if face.id != LOSS:
            row.setFlags(row.flags() | Qt.ItemFlag.ItemIsEditable)
        self.tree.addTopLevelItem(row)
        self._rows[face.id] = row
        if face.problem is not None:
            self._add_problem(row, face.problem)

    def _add_source(
        self, id: str, source: Node, edge: str, problems: Mapping[tuple[str, str], Problem]
    ) -> None:
        child = QTreeWidgetItem([f"from {source.title}"])
        child.setData(0, _ID, edge)
        child.setIcon(0, theme.icon("link", theme.current().faint))
        child.setForeground(0, QBrush(theme.current().secondary))
        self._rows[id].addChild(child)
        child.setFirstColumnSpanned(True)
        if (wrong := problems.get(("edge", edge))) is not None:
            self._add_problem(self._rows[id], wrong)

    def _add_problem(self, row: QTreeWidgetItem, problem: Problem) -> None:
        colour = severity_colour(problem.severity, theme.current())
        words = problem.title + (" (Enter fixes it)" if problem.fix else "")
        child = QTreeWidgetItem([words])
        child.setData(0, _PROBLEM, problem)
        child.setIcon(0, theme.icon(faces.severity_icon(problem.severity), colour))
        child.setForeground(0, QBrush(colour))
        child.setToolTip(0, titled_tooltip(problem.title, problem.explain))
        row.insertChild(0, child)
        child.setFirstColumnSpanned(True)

    def _has_problem(self, row: QTreeWidgetItem) -> bool:
        children = (row.child(i) for i in range(row.childCount()))
        return any(child is not None and child.data(0, _PROBLEM) for child in children)

    def _on_event(self, event: object) -> None:
        if isinstance(event, DataLoaded):
            self.refresh()

    def _show_selection(self, _: object = None) -> None:
        if self._showing:
            return
        self._showing = True
        chosen = self.bridge.selection
        for id, row in self._rows.items():
            row.setSelected(id in chosen)
        if len(chosen) == 1 and (only := self._rows.get(next(iter(chosen)))) is not None:
            self.tree.setCurrentItem(only)
        self._showing = False

    # --- acting

    def _tell_selection(self) -> None:
        if not self._showing:
            ids = [row.data(0, _ID) for row in self.tree.selectedItems()]
            self._showing = True  # the tree has it already
            self.bridge.select(id for id in ids if id in self._rows)
            self._showing = False

    def _take_title(self, row: QTreeWidgetItem, column: int) -> None:
        id = row.data(0, _ID)
        if self._showing or column != 0 or id not in self.bridge.store.project.graph:
            return
        if not self.bridge.do("Rename", commands.rename, id, row.text(0)):
            self.refresh()

    def _activate(self, row: QTreeWidgetItem) -> None:
        """Enter on a layer opens its properties, on a problem presses its button."""
        problem = row.data(0, _PROBLEM)
        if isinstance(problem, Problem):
            self.mend(problem)
        elif row.parent() is None:
            self.bridge.panel_wanted.emit("properties")

    def mend(self, problem: Problem) -> None:
        """Press a problem's button."""
        if problem.fix is not None:
            self.bridge.do(problem.fix.label, fixes.apply, problem.fix)

    def rename(self) -> None:
        """Edit the current row's title."""
        row = self.tree.currentItem()
        if row is not None and row.data(0, _ID) in self.bridge.store.project.graph:
            self.tree.editItem(row, 0)

    def duplicate(self) -> None:
        """A second copy of the selected layers."""
        if chosen := self._chosen():
            self.bridge.do("Duplicate", commands.duplicate, chosen)

    def delete(self) -> None:
        """Delete the current wire, or the selected layers."""
        row = self.tree.currentItem()
        edge = row.data(0, _ID) if row is not None and row.parent() is not None else None
        if edge is not None and not edge.endswith(f">{LOSS}:0"):
            self.bridge.do("Disconnect", commands.disconnect, edge)
        elif chosen := self._chosen():
            self.bridge.do("Delete", commands.delete, chosen)

    def _chosen(self) -> list[str]:
        graph = self.bridge.store.project.graph
        return [node.id for node in graph.nodes if node.id in self.bridge.selection]

    def menu(self) -> QMenu:
        """What can be done with the current row."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = self.tree.currentItem()
        problem = row.data(0, _PROBLEM) if row is not None else None
        if isinstance(problem, Problem) and problem.fix is not None:
            mend = menu.addAction(theme.icon("wand"), ampersand(problem.fix.label))
            mend.triggered.connect(lambda checked=False: self.mend(problem))
        add = menu.addMenu(theme.icon("plus"), "Add Layer Behind")
        for entry in entries():
            action = add.addAction(theme.icon(entry.icon), entry.title)
            action.triggered.connect(
                lambda checked=False, layer=entry.layer: adding.add_layer(self.bridge, layer)
            )
        if len(self._chosen()) == 1:
            self._put_targets(menu.addMenu(theme.icon("link"), "Connect to"), self._chosen()[0])
        if row is not None:
            menu.addSeparator()
            menu.addActions([self._rename, self._duplicate, self._delete])
        return menu

    def _put_targets(self, menu: QMenu, source: str) -> None:
        """All cards that can take a wire from this one; the others say why not."""
        project = self.bridge.store.project
        for node in in_order(project.graph):
            if node.id == source:
                continue
            action = menu.addAction(ampersand(node.title))
            try:
                action.setEnabled(commands.connect(project, source, node.id) is not project)
            except ProblemError as error:
                action.setText(ampersand(f"{node.title}: {error.problems[0].title.lower()}"))
                action.setEnabled(False)
            action.triggered.connect(
                lambda checked=False, id=node.id: self.bridge.do(
                    "Connect", commands.connect, source, id
                )
            )

    def _open_menu(self, at: QPoint) -> None:
        self.menu().popup(self.tree.viewport().mapToGlobal(at))


class _Tree(QTreeWidget):
    """Columns that fit a narrow dock; Enter activates on every platform."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setColumnCount(4)
        self.setHeaderLabels(["Layer", "Settings", "Output", "Parameters"])
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setIndentation(16)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column in (2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setMinimumSectionSize(40)

    def fit_columns(self) -> None:
        """Titles as wide as they are, settings in the rest; figures only where there is room."""
        narrow = self.width() < _WIDE * theme.scale()
        for column in (2, 3):
            self.setColumnHidden(column, narrow)
        rows = [self.topLevelItem(i) for i in range(self.topLevelItemCount())]
        widths = [self.fontMetrics().horizontalAdvance(row.text(0)) for row in rows if row]
        wanted = max(widths, default=60) + self.indentation() + 46
        self.setColumnWidth(0, min(wanted, max(90, round(self.width() * 0.6))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentItem()
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and row is not None and self.state() != QAbstractItemView.State.EditingState:
            self.itemActivated.emit(row, 0)
        else:
            super().keyPressEvent(event)


def in_order(graph: Graph) -> list[Node]:
    """The nodes with sources first; a circle's nodes come last, in the order of creation."""
    done: dict[str, Node] = {}
    waiting = list(graph.nodes)
    while waiting:
        ready = [n for n in waiting if all(e.source in done for e in graph.incoming[n.id])]
        for node in ready or waiting:
            done[node.id] = node
        waiting = [node for node in waiting if node.id not in done]
    return list(done.values())
