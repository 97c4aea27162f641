"""Qt's palette and the one stylesheet, both made from a `Theme`.

Widgets ask for a look by a dynamic property named ``role``: ``primary``, ``flat`` and ``link``
buttons; ``title``, ``caption``, ``secondary``, ``hint``, ``error``, ``figure`` labels; ``panel``,
``card``, ``bar`` and ``note`` frames.
"""

from __future__ import annotations

from string import Template

from PySide6.QtGui import QColor, QPalette

from nnstudio import resources
from nnstudio.ui.theme.colours import Theme


def palette(theme: Theme) -> QPalette:
    """The palette that Fusion draws with."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    made = QPalette()
    for key, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.panel),
        (role.AlternateBase, theme.field),
        (role.Text, theme.text),
        (role.PlaceholderText, theme.faint),
        (role.Button, theme.panel),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.on_accent),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.ToolTipBase, theme.panel),
        (role.ToolTipText, theme.text),
        (role.Link, theme.link),
        (role.LinkVisited, theme.link),
        (role.Accent, theme.accent),
        (role.Light, theme.panel),
        (role.Midlight, theme.field),
        (role.Mid, theme.border),
        (role.Dark, theme.border_strong),
        (role.Shadow, theme.border_strong),
    ):
        made.setColor(key, colour)
    for key in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(group.Disabled, key, disabled_text(theme))
    return made


def disabled_text(theme: Theme) -> QColor:
    """Text of what cannot be used now: between the text and its ground."""
    return mixed(theme.text, theme.panel, 0.5)


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """The colour on the way from `one` to `other`, `share` 0 to 1."""
    share = min(1.0, max(0.0, share))
    return QColor(
        round(one.red() + share * (other.red() - one.red())),
        round(one.green() + share * (other.green() - one.green())),
        round(one.blue() + share * (other.blue() - one.blue())),
    )


def stylesheet(theme: Theme, scale: float) -> str:
    """The stylesheet of the whole application, font sizes multiplied by `scale`."""
    values: dict[str, str] = {
        name: value.name() for name, value in vars(theme).items() if isinstance(value, QColor)
    }
    values["disabled"] = disabled_text(theme).name()
    for size in (11, 12, 13, 15, 18, 26):
        values[f"px{size}"] = f"{max(1, round(size * scale))}px"
    for name in ("chevron", "chevron-right"):
        values[name.replace("-", "_")] = resources.path(f"icons/controls/{name}.svg").as_posix()
    check = "check-dark" if theme.dark else "check"
    values["check"] = resources.path(f"icons/controls/{check}.svg").as_posix()
    return Template(_SHEET).substitute(values)


_SHEET = """
QWidget { color: $text; }
QMainWindow, QDialog { background: $window; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $border; }
QSplitter::handle:hover { background: $accent; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QToolTip { background: $panel; color: $text; border: 1px solid $border_strong; padding: 5px 7px;
  font-size: $px12; }

QFrame[role="panel"], QWidget[role="panel"] { background: $panel; }
QFrame[role="card"] { background: $panel; border: 1px solid $border; border-radius: 8px; }
QFrame[role="note"] { background: $field; border: 1px solid $border; border-radius: 6px; }
QFrame[role="choice"] { background: transparent; border: 1px solid transparent;
  border-radius: 6px; }
QFrame[role="choice"]:hover { background: $hover; }
QFrame[role="choice"]:focus { border-color: $accent; }
QFrame[role="choice"][chosen="true"] { background: $selection; border-color: $accent; }
QFrame[role="card"]:focus { border-color: $accent; }
QFrame[role="rule"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="bar"] { background: $panel; border: none; border-bottom: 1px solid $border; }
QScrollArea, QScrollArea > QWidget > QWidget[role="panel"] { background: $panel; border: none; }

QLabel { background: transparent; }
QLabel[role="headline"] { font-size: $px26; font-weight: 600; }
QLabel[role="heading"] { font-size: $px18; font-weight: 600; }
QLabel[role="title"] { font-size: $px13; font-weight: 600; }
QLabel[role="caption"] { font-size: $px11; font-weight: 600; color: $faint; }
QLabel[role="secondary"] { color: $secondary; }
QLabel[role="small"] { color: $secondary; font-size: $px12; }
QLabel[role="hint"] { color: $faint; font-size: $px11; }
QLabel[role="error"] { color: $error; font-size: $px12; }
QLabel[role="warning"] { color: $warning; font-size: $px12; }
QLabel[role="figure"] { font-weight: 600; }
QLabel:disabled { color: $disabled; }

QMenuBar { background: $panel; color: $secondary; border: none; padding: 1px 8px 0 8px;
  font-size: $px12; }
QMenuBar::item { background: transparent; padding: 3px 8px; border-radius: 5px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $hover; }
QMenu { background: $panel; border: 1px solid $border; padding: 5px; }
QMenu::item { padding: 6px 22px 6px 10px; border-radius: 5px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 5px 8px; }
QMenu::right-arrow { image: url($chevron_right); width: 12px; height: 12px; margin-right: 6px; }

QPushButton { background: $panel; border: 1px solid $border; border-radius: 6px; padding: 6px 14px;
  font-weight: 500; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $border; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $disabled; background: $field; }
QPushButton:checked { background: $selection; border-color: $accent; }
QPushButton[role="primary"] { background: $accent; border: 1px solid $accent; color: $on_accent; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus { border-color: $text; }
QPushButton[role="primary"]:disabled { background: $border; border-color: $border;
  color: $disabled; }
QPushButton[role="wide"] { text-align: left; padding: 7px 10px; }
QPushButton[role="flat"] { background: $panel; border: 1px solid $border; padding: 4px 9px; }
QPushButton[role="icon"] { background: transparent; border: 1px solid transparent;
  padding: 5px 8px; }
QPushButton[role="flat"]:hover, QPushButton[role="icon"]:hover { background: $hover; }
QPushButton[role="flat"]:focus, QPushButton[role="icon"]:focus { border-color: $accent; }
QPushButton[role="chip"] { background: $field; border: 1px solid $border; border-radius: 5px;
  padding: 2px 4px; font-size: $px11; color: $secondary; }
QPushButton[role="chip"]:hover { background: $hover; color: $text; }
QPushButton[role="chip"]:checked { background: $selection; border-color: $accent; color: $text; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: $link;
  padding: 2px 4px; text-align: left; text-decoration: underline; }
QPushButton[role="link"]:hover { background: $hover; }
QPushButton[role="link"]:focus { border-color: $accent; }
QPushButton::menu-indicator { image: url($chevron); width: 12px; height: 12px;
  subcontrol-position: right center; right: 7px; }

QToolBar { background: $panel; border: none; border-bottom: 1px solid $border; spacing: 2px;
  padding: 3px 10px; }
QToolBar::separator { background: $border; width: 1px; margin: 6px 8px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px;
  padding: 5px 8px; font-weight: 500; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $disabled; }
QToolButton[popupMode="1"] { padding-right: 22px; }
QToolButton[popupMode="2"] { padding-right: 22px; }
QToolButton::menu-button { border: none; width: 20px; border-radius: 6px; }
QToolButton::menu-button:hover { background: $hover; }
QToolButton::menu-arrow { image: url($chevron); width: 12px; height: 12px; }
QToolButton::menu-indicator { image: url($chevron); width: 12px; height: 12px;
  subcontrol-position: right center; right: 5px; }
QToolButton[role="button"] { background: $panel; border: 1px solid $border; padding: 3px 8px; }
QToolButton[role="button"]:hover { background: $hover; }
QToolButton[role="button"]:checked { background: $selection; border-color: $accent; }
QToolButton[role="button"]:focus { border-color: $accent; }
QToolButton[role="button"][popupMode="2"] { padding-right: 20px; }
QToolButton[role="primary"] { background: $accent; color: $on_accent; padding: 5px 14px 5px 10px; }
QToolButton[role="primary"]:hover { background: $accent_hover; }
QToolButton[role="primary"]:focus { border-color: $text; }
QToolButton[role="primary"]:disabled { background: $border; color: $disabled; }
QToolButton[role="fold"] { color: $faint; font-size: $px11; font-weight: 600;
  padding: 2px 6px 2px 0; margin-left: -4px; }
QToolButton[role="fold"]:checked { background: transparent; }
QToolButton#qt_toolbar_ext_button { padding: 2px; }

QTabWidget::pane { border: none; border-top: 1px solid $border; background: $panel; }
QTabWidget[documentMode="true"]::pane { border: none; border-top: 1px solid $border; }
QTabBar { background: $panel; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $secondary; padding: 9px 12px 8px 12px;
  border: none; border-bottom: 2px solid transparent; font-weight: 500; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover:!selected { color: $text; }
QTabBar::tab:focus { color: $text; background: $hover; }
QTabBar::tab:disabled { color: $disabled; }
QWidget[role="strip"] { background: $panel; border-bottom: 1px solid $border; }
QTabBar QToolButton { background: $panel; padding: 2px; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox { background: $field;
  border: 1px solid $border; border-radius: 6px; padding: 4px 8px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit { min-height: 18px; }
QComboBox { min-height: 18px; padding-right: 2px; }
QLineEdit:hover, QComboBox:hover, QPlainTextEdit:hover { border-color: $border_strong; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QSpinBox:focus,
QDoubleSpinBox:focus { border-color: $accent; }
QLineEdit:disabled, QComboBox:disabled, QPlainTextEdit:disabled { color: $disabled; }
QLineEdit[refused="true"], QComboBox[refused="true"] { border-color: $error; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url($chevron); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border; padding: 4px;
  selection-background-color: $selection; selection-color: $text; outline: none; }
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 6px; border-radius: 4px; }

QCheckBox, QRadioButton { spacing: 8px; background: transparent; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $border_strong;
  border-radius: 4px; background: $field; }
QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QCheckBox::indicator:disabled { border-color: $border; }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator:focus { border-color: $text; }
QRadioButton::indicator { width: 13px; height: 13px; border: 1px solid $border_strong;
  border-radius: 7px; background: $field; }
QRadioButton::indicator:checked { background: $accent; border: 4px solid $field;
  outline: 1px solid $accent; }

QSlider { background: transparent; min-height: 20px; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 10px; height: 10px; margin: -5px 0; border-radius: 7px;
  background: $panel; border: 2px solid $accent; }
QSlider::handle:horizontal:hover { background: $selection; }
QSlider::handle:horizontal:focus { background: $accent; }
QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled {
  border-color: $border; }

QProgressBar { background: $border; border: none; border-radius: 3px; max-height: 6px;
  min-height: 6px; color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QStatusBar { background: $panel; border-top: 1px solid $border; color: $secondary; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $secondary; font-size: $px12; }

QListView, QTreeView, QTableView, QListWidget, QTreeWidget, QTableWidget { background: $panel;
  border: 1px solid $border; border-radius: 6px; outline: none; gridline-color: $border;
  alternate-background-color: $field; selection-background-color: $selection;
  selection-color: $text; }
QListView::item, QTreeView::item { padding: 4px 6px; border-radius: 4px; }
QListView::item:hover, QTreeView::item:hover { background: $hover; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {
  background: $selection; color: $text; }
QTableView::item { padding: 3px 4px; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section { background: $panel; color: $secondary; border: none;
  border-bottom: 1px solid $border; padding: 5px 4px; font-size: $px12; font-weight: 500; }
QTableCornerButton::section { background: $panel; border: none; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $border_strong; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }

QDockWidget { color: $text; titlebar-close-icon: none; }
QGroupBox { border: none; margin-top: 18px; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; color: $faint; font-size: $px11; }
"""
