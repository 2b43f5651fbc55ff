"""F1: every key, in groups that can be searched, and where the sound that plays comes from."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from synth.presets.model import Preset
from ui.help.shortcut_groups import GROUPS, Key
from ui.widgets.sheet import Sheet
from ui.widgets.tool_button import tool_button

_MOST_WIDTH, _MOST_HEIGHT, _MARGIN = 940, 660, 40
_KEYS_WIDTH = 158


class KeyGroup(QFrame):
    """A heading and its keys; what does not fit the search is hidden."""

    def __init__(self, title: str, keys: tuple[Key, ...]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 6)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        heading = QLabel(title)
        heading.setProperty("role", "section")
        grid.addWidget(heading, 0, 0, 1, 2)
        self._rows: list[tuple[str, QLabel, QLabel]] = []
        for i, key in enumerate(keys, start=1):
            label, meaning = QLabel(key.label), QLabel(key.meaning)
            label.setStyleSheet("font-weight: 600;")
            label.setFixedWidth(_KEYS_WIDTH)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            meaning.setProperty("role", "dim")
            meaning.setWordWrap(True)
            meaning.setAlignment(Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, i, 0)
            grid.addWidget(meaning, i, 1)
            self._rows.append((f"{title} {key.keys} {key.label} {key.meaning}".casefold(), label, meaning))

    def search(self, words: list[str]) -> int:
        """Show keys with all these words; how many there are."""
        found = 0
        for about, *labels in self._rows:
            fits = all(word in about for word in words)
            found += fits
            for label in labels:
                label.setVisible(fits)
        self.setVisible(found > 0)
        return found


class HelpOverlay(Sheet):
    """Type to search; Escape or F1 puts it away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Shortcuts", parent)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search keys, what they do, and words")
        self.search.setAccessibleName("Search shortcuts")
        self.search.setToolTip("Show keys and explanations with these words")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.about = tool_button("About…", "About Petrichord", "Version, licences and credits (Shift+F1)", "", "tight")
        self.tour = tool_button(
            "Tour", "Start the tour", "Six steps round the window, as at the first start", "", "tight"
        )
        self.tour.clicked.connect(self.put_away)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.tour)
        top.addWidget(self.about)
        self.body.addLayout(top)
        self.groups: list[KeyGroup] = []
        """Made when the sheet is first opened: their labels are a sixth of the window's widgets."""
        self.nothing = QLabel("No key and no explanation has all these words.", self)
        self.nothing.setProperty("role", "dim")
        self.nothing.hide()
        self.area = scrolled(QWidget(), "Shortcuts")
        self.body.addWidget(self.area, 1)
        self.credit = QLabel()
        self.credit.setWordWrap(True)
        self.credit.setProperty("role", "dim")
        self.body.addWidget(self.credit)

    def _columns(self) -> QWidget:
        """The groups in two columns of about the same height."""
        self.groups = [KeyGroup(title, keys) for title, keys in GROUPS]
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(28)
        half = sum(len(keys) + 1 for _, keys in GROUPS) / 2
        columns, filled = [QVBoxLayout(), QVBoxLayout()], 0
        for group, (_, keys) in zip(self.groups, GROUPS, strict=True):
            columns[0 if filled + len(keys) / 2 < half else 1].addWidget(group)
            filled += len(keys) + 1
        columns[0].addWidget(self.nothing)
        for column in columns:
            column.addStretch(1)
            row.addLayout(column, 1)
        return whole

    def _search(self, text: str) -> None:
        found = [group.search(text.casefold().split()) for group in self.groups]
        self.nothing.setVisible(not any(found))

    def cover(self) -> None:
        super().cover()
        self.paper.setFixedSize(min(_MOST_WIDTH, self.width() - _MARGIN), min(_MOST_HEIGHT, self.height() - _MARGIN))

    def open(self) -> None:
        if not self.groups:
            self.area.setWidget(self._columns())
        super().open()
        self.search.clear()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_credit(self, preset: Preset) -> None:
        """Say where the sound that plays comes from."""
        credit = preset.credit
        self.credit.setText(
            f"“{preset.name}” is grown from “{credit.recording}” by {credit.author} ({credit.licence})."
        )


def scrolled(widget: QWidget, name: str) -> QScrollArea:
    """The widget in an area of its own, scrolled by wheel and keys."""
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setAccessibleName(name)
    area.setToolTip("Scroll with the wheel, the arrows or Page Up and Page Down")
    area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    # The sheet's own paper shows through.
    area.setStyleSheet("QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }")
    return area
