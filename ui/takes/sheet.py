"""The sheet of takes: what was recorded, to be heard, named, gone on from or thrown away."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QWidget

from synth.errors import RecordingError
from synth.takes.files import renamed_path
from ui.look.shortcuts import click_on_key
from ui.takes.branch_bar import BranchBar
from ui.takes.list import TakeList
from ui.takes.part_bar import PartBar
from ui.widgets.banner import Banner
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.name_bar import NameBar
from ui.widgets.sheet import Sheet

_WIDTH, _MOST_HEIGHT, _MARGIN = 910, 560, 40


class TakesSheet(Sheet):
    """Asks; what becomes of it is told by whoever does it."""

    play_asked = Signal(Path)
    """Play this take, or stop it when it plays."""
    continue_asked = Signal(Path)
    rename_asked = Signal(Path, str)
    trash_asked = Signal(Path)
    folder_asked = Signal(Path)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Takes", parent)
        self._playing: Path | None = None
        self._heard_s = 0.0
        self._naming: Path | None = None
        self.list = TakeList()
        self.nothing = QLabel("No take yet.\nRecord (Ctrl+R) writes what you hear to a WAV file and lists it here.")
        self.nothing.setProperty("role", "dim")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.list)
        self._pages.addWidget(self.nothing)
        self.notice = Banner()
        """What became of a take, and Undo."""
        self.names = NameBar()
        self.names.edit.setAccessibleName("Take name")
        self.names.edit.setToolTip("The take's name, and its file's; Enter takes it, Escape leaves")
        self.branch = BranchBar()
        self.part = PartBar()
        self.folder = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.folder.setProperty("role", "dim")
        self.folder.setAccessibleName("Folder of takes")
        self.elsewhere = _button("Change…", "Choose another folder for takes")
        self.play = _button("Play", "Play the chosen take in place of the culture (Enter; Ctrl+Shift+P for the last)")
        self.go_on = _button(
            "Continue from its beginning", "Load preset, culture and controls as they were when this take began"
        )
        self.branch_from = _button(
            "Branch from here…",
            "Play on from a moment of this take: the one that is heard, or any other (Ctrl+Shift+B)",
        )
        click_on_key(self.branch_from, "Ctrl+Shift+B")
        self.part_of = _button("Part…", "Choose a part of this take: play it over and over, save it (Ctrl+Shift+T)")
        click_on_key(self.part_of, "Ctrl+Shift+T")
        self.rename = _button("Rename…", "Give this take, and the file by which it can be continued, another name (F2)")
        self.show_folder = _button("Show in folder", "Open the folder this take is in")
        self.trash = _button("Move to trash", "Move this take to the trash (Del)")
        self._lay_out()
        self._connect()
        self.show_paths([])

    def _lay_out(self) -> None:
        self.body.addLayout(self._pages, 1)
        self.body.addWidget(self.notice)
        self.body.addWidget(self.names)
        self.body.addWidget(self.branch)
        self.body.addWidget(self.part)
        where = QHBoxLayout()
        where.addWidget(self.folder, 1)
        where.addWidget(self.elsewhere)
        self.body.addLayout(where)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.play, self.go_on, self.branch_from, self.part_of):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.rename, self.show_folder, self.trash):
            row.addWidget(button)
        self.body.addLayout(row)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(lambda _: self._follow())
        for signal, action in (
            (self.play.clicked, self._ask_play),
            (self.list.play_asked, self._ask_play),
            (self.rename.clicked, self._ask_name),
            (self.list.rename_asked, self._ask_name),
            (self.trash.clicked, lambda: self._with_chosen(self.trash_asked.emit)),
            (self.list.trash_asked, lambda: self._with_chosen(self.trash_asked.emit)),
            (self.show_folder.clicked, lambda: self._with_chosen(self.folder_asked.emit)),
            (self.go_on.clicked, self._ask_continue),
            (self.branch_from.clicked, self._ask_moment),
            (self.part_of.clicked, self._ask_part),
            (self.part.left, lambda: self.list.setFocus(Qt.FocusReason.OtherFocusReason)),
        ):
            signal.connect(action)
        self.names.named.connect(self._take_name)
        self.closed.connect(self.names.put_away)
        self.closed.connect(self.notice.clear)
        self.closed.connect(self.branch.leave.click)
        self.closed.connect(self.part.leave.click)
        self.part.refused.connect(lambda problem: self.notice.complain(problem, about="part"))
        self.part.accepted.connect(lambda: self.notice.settle("part"))

    def cover(self) -> None:
        super().cover()
        self.paper.setFixedSize(min(_WIDTH, self.width() - _MARGIN), min(_MOST_HEIGHT, self.height() - _MARGIN))

    def open(self) -> None:
        super().open()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_paths(self, paths: list[Path]) -> None:
        """List these takes."""
        self.list.show_paths(paths)
        self._pages.setCurrentIndex(0 if paths else 1)
        self._follow()

    def show_card(self, path: Path, card: object) -> None:
        """A take was read."""
        self.list.show_card(path, card)
        self._follow()

    def show_playing(self, path: Path | None, at_s: float, length_s: float) -> None:
        """This take plays now, or none."""
        self.list.show_progress(path, at_s / length_s if length_s else 0.0)
        self._heard_s = at_s
        self.branch.follow(path, at_s)
        self.part.show_playing(path, at_s)
        if path != self._playing:
            self._playing = path
            self._follow()

    def _follow(self) -> None:
        """Buttons as the chosen take allows."""
        chosen = self.list.chosen()
        card = self.list.card(chosen)
        for button in (self.rename, self.show_folder, self.trash):
            button.setEnabled(chosen is not None)
        playing = chosen is not None and chosen == self._playing
        self.play.setEnabled(card is not None or playing)
        self.play.setText("Stop" if playing else "Play")
        self.play.setAccessibleName(self.play.text())
        self.go_on.setEnabled(card is not None and card.continuable)
        # Why one cannot be gone back into is a sentence.
        self.branch_from.setEnabled(card is not None)
        self.part_of.setEnabled(card is not None)

    def _ask_play(self) -> None:
        if self.play.isEnabled():
            self._with_chosen(self.play_asked.emit)

    def _ask_continue(self) -> None:
        self._with_chosen(self.continue_asked.emit)

    def _ask_moment(self) -> None:
        chosen = self.list.chosen()
        card = self.list.card(chosen)
        if card is not None:
            self._make_room(self.branch)
            heard = chosen == self._playing
            self.branch.ask(card, self._heard_s if heard else 0.0, follows=heard)

    def _ask_part(self) -> None:
        card = self.list.card(self.list.chosen())
        if card is not None:
            self._make_room(self.part)
            self.part.ask(card)

    def _make_room(self, bar: QWidget) -> None:
        """One bar at a time."""
        if bar is not self.names:
            self.names.put_away()
        for other in (self.branch, self.part):
            if bar is not other:
                other.leave.click()

    def _with_chosen(self, action: Callable[[Path], object]) -> None:
        chosen = self.list.chosen()
        if chosen is not None:
            action(chosen)

    def _ask_name(self) -> None:
        self._naming = path = self.list.chosen()
        if path is None:
            return

        def check(name: str) -> tuple[str, bool]:
            try:
                renamed_path(path, name)
            except RecordingError as problem:
                return str(problem), False
            return "", True

        self._make_room(self.names)
        self.names.ask("RENAME", "Rename", path.stem, check)

    def _take_name(self, name: str, replace: bool) -> None:
        if self._naming is not None:
            self.rename_asked.emit(self._naming, name)
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    return button
