"""What can be said of a preset beside its name: a category, tags and a comment, typed in three lines."""

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QFormLayout, QLabel, QLineEdit, QWidget

from synth.presets.about import CATEGORIES, MAX_COMMENT, About, category_of, tags_from
from ui.look.theme import COLOURS
from ui.widgets.chooser import LOOK, Chooser

_LOOK = """
QComboBox {{ background: {ground}; border: 1px solid {line}; border-radius: 6px; padding: 3px 8px; min-height: 17px;
    selection-background-color: {accent_dark}; }}
QComboBox:focus {{ border-color: {accent}; }}
QComboBox:disabled, QLineEdit:read-only {{ color: {dim}; }}
QLineEdit {{ padding: 3px 8px; min-height: 17px; }}
""".format(**vars(COLOURS))


class DetailsForm(QWidget):
    """Shows an `About` to be changed; what it cannot show it leaves as it was."""

    entered = Signal()
    """Enter was pressed in one of its lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = About()
        self.setStyleSheet(LOOK + _LOOK)
        self.category = Chooser(
            "Category", "The group under which the preset is listed; its tags decide if you choose none"
        )
        self.category.addItem("By its tags", "")
        for category in sorted(CATEGORIES, key=lambda category: (category is CATEGORIES[-1], category.label)):
            self.category.addItem(category.label, category.id)
        self.tags = _line("Tags", "Words to find the preset by, separated by commas; known ones are completed", 500)
        self.tags.setPlaceholderText("bowed, dark")
        self._known = QStringListModel(self)
        self.tags.setCompleter(_TagCompleter(self._known, self.tags))
        self.comment = _line(
            "Comment", "What you want to remember about the preset; it is kept in its file", MAX_COMMENT
        )
        for line in (self.tags, self.comment):
            line.returnPressed.connect(self.entered)
        rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.setHorizontalSpacing(8)
        for text, field in (("Category", self.category), ("Tags", self.tags), ("Comment", self.comment)):
            label = QLabel(text)
            label.setProperty("role", "dim")
            label.setBuddy(field)
            rows.addRow(label, field)

    def offer(self, tags: Iterable[str]) -> None:
        """Complete what is typed from these tags."""
        self._known.setStringList(sorted(set(tags)))

    def show_about(self, about: About, *, read_only: bool = False) -> None:
        """Stand at this; of a bundled preset it can only be read."""
        self._shown = about
        known = category_of(about.category, ()).id == about.category
        self.category.setCurrentIndex(max(0, self.category.findData(about.category if known else "")))
        self.tags.setText(", ".join(about.tags))
        self.comment.setText(about.comment)
        for line in (self.tags, self.comment):
            line.setReadOnly(read_only)
            line.setCursorPosition(0)
        self.category.setEnabled(not read_only)
        if read_only:
            self.category.setCurrentIndex(self.category.findData(category_of(about.category, about.tags).id))

    def about(self) -> About:
        """What stands there now. A line that was not touched says what it did, with whatever it could not show."""
        shown = self._shown
        category = str(self.category.currentData())
        if not category and category_of(shown.category, ()).id != shown.category:
            # One of a later version, which this one cannot show.
            category = shown.category
        tags = shown.tags if self.tags.text() == ", ".join(shown.tags) else tags_from(self.tags.text())
        comment = shown.comment if self.comment.text() == shown.comment else " ".join(self.comment.text().split())
        return About(category, tags, comment)


class _TagCompleter(QCompleter):
    """Completes the last of several words that are separated by commas."""

    def __init__(self, known: QStringListModel, line: QLineEdit) -> None:
        super().__init__(known, line)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def splitPath(self, path: str) -> list[str]:
        return [path.rpartition(",")[2].strip()]

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        line = self.widget()
        assert isinstance(line, QLineEdit)
        # `completionPrefix` is the last word alone: what stands before it is kept.
        before, comma, _ = line.text()[: line.cursorPosition()].rpartition(",")
        return f"{before}, {index.data()}" if comma else str(index.data())


def _line(name: str, tip: str, longest: int) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setToolTip(tip)
    line.setMaxLength(longest)
    line.setAcceptDrops(False)
    return line
