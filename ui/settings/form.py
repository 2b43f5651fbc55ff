"""What the pages of the settings are made of."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from synth.engine.protocol import Status
from ui.look.theme import COLOURS
from ui.widgets.chooser import LOOK as CHOOSER_LOOK
from ui.widgets.chooser import Chooser

LOOK = (
    CHOOSER_LOOK
    + """
QComboBox {{ background: {raised}; border: 1px solid {line}; border-radius: 6px; padding: 4px 8px; min-height: 18px; }}
QComboBox:hover {{ background: {hover}; }}
QComboBox:focus {{ border-color: {accent}; }}
QComboBox:disabled {{ color: {faint}; }}
QListWidget#pages {{ background: transparent; border: 1px solid transparent; border-radius: 6px; }}
QListWidget#pages:focus {{ border-color: {line}; }}
QListWidget#pages::item {{ padding: 8px 10px; border-radius: 6px; color: {dim}; }}
QListWidget#pages::item:selected {{ background: {accent_dark}; color: {accent}; }}
QTableWidget {{ background: {ground}; border: 1px solid {line}; border-radius: 6px; gridline-color: transparent; }}
QTableWidget:focus {{ border-color: {accent}; }}
QTableWidget::item {{ padding: 3px 6px; border: none; }}
QTableWidget::item:selected {{ background: {accent_dark}; color: {accent}; }}
QHeaderView::section {{ background: {panel}; color: {dim}; border: none; border-bottom: 1px solid {line};
    padding: 3px 6px; font-size: 8pt; }}
QProgressBar {{ background: {ground}; border: 1px solid {line}; border-radius: 6px; text-align: center; height: 18px; }}
QProgressBar::chunk {{ background: {accent_dark}; border-radius: 5px; }}
QRadioButton {{ spacing: 8px; padding: 3px 6px; border: 1px solid transparent; border-radius: 6px; }}
QRadioButton:focus {{ border-color: {accent}; }}
QRadioButton:disabled {{ color: {faint}; }}
QRadioButton::indicator {{ width: 12px; height: 12px; border-radius: 7px; border: 1px solid {dim};
    background: {ground}; }}
QRadioButton::indicator:checked {{ background: {accent}; border-color: {accent}; }}
QRadioButton::indicator:disabled {{ border-color: {line}; }}
QScrollArea, QWidget#inside {{ background: transparent; border: none; }}
""".format(**vars(COLOURS))
)


class Page(QWidget):
    """One page: told when it is shown, and how the engine is four times a second while it is."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.setAccessibleName(f"{title} settings")

    def refresh(self) -> None:
        """It is shown: look at what may have changed."""

    def show_status(self, status: Status) -> None:
        """How the engine is now."""

    def end(self) -> None:
        """The window closes: stop whatever is under way."""


class Form(QGridLayout):
    """Names left, what can be set or seen right, a line on it below."""

    def __init__(self) -> None:
        super().__init__()
        self.setHorizontalSpacing(16)
        self.setVerticalSpacing(4)
        self.setColumnStretch(1, 1)

    def add(self, name: str, widget: QWidget, *beside: QWidget, hint: str | QLabel = "") -> None:
        """One row; `beside` follow the widget and keep their own width."""
        row = self.rowCount()
        label = QLabel(name)
        label.setBuddy(widget)
        self.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
        self.addWidget(widget, row, 1, 1, 1 if beside else 1 + 2)
        for i, other in enumerate(beside):
            self.addWidget(other, row, 2 + i)
        if hint:
            under = hint if isinstance(hint, QLabel) else said(hint)
            self.addWidget(under, row + 1, 1, 1, 3)
        self.setRowMinimumHeight(row + 2, 8)


def said(text: str = "", name: str = "", role: str = "dim") -> QLabel:
    """A line of text that wraps."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", role)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if name:
        label.setAccessibleName(name)
    return label


def put(label: QLabel, text: str) -> None:
    """Change a label's text only when it differs."""
    if label.text() != text:
        label.setText(text)
        label.setAccessibleDescription(text)


def combo(name: str, tip: str) -> QComboBox:
    """A list to choose from; long entries do not widen it."""
    box = Chooser(name, tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box


def fill(box: QComboBox, entries: list[tuple[str, object]], chosen: object) -> None:
    """Offer these with their values and show the chosen one, without telling anybody."""
    blocked = box.blockSignals(True)
    box.clear()
    for text, value in entries:
        box.addItem(text, value)
    values = [value for _, value in entries]
    box.setCurrentIndex(values.index(chosen) if chosen in values else -1)
    box.blockSignals(blocked)


def table(name: str, heads: Sequence[str]) -> QTableWidget:
    """Rows to read and to choose one of."""
    made = QTableWidget(0, len(heads))
    made.setAccessibleName(name)
    made.setHorizontalHeaderLabels(list(heads))
    head, side = made.horizontalHeader(), made.verticalHeader()
    head.setStretchLastSection(True)
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    head.setHighlightSections(False)
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    side.hide()
    side.setDefaultSectionSize(24)
    made.setShowGrid(False)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setTabKeyNavigation(False)
    made.setWordWrap(False)
    return made


def column(widget: QWidget) -> QVBoxLayout:
    """The page's own column."""
    rows = QVBoxLayout(widget)
    rows.setContentsMargins(0, 0, 6, 0)
    rows.setSpacing(10)
    return rows


def section(text: str) -> QLabel:
    """A small heading."""
    label = QLabel(text.upper())
    label.setProperty("role", "section")
    return label
