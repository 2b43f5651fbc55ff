"""The sheet of settings: pages left, the chosen one right, the latest sentence below."""

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QScrollArea, QStackedWidget, QWidget

from ui.controls.panel import ControlPanel
from ui.settings.audio import AudioPage
from ui.settings.desk import SettingsDesk
from ui.settings.engine import EnginePage
from ui.settings.files import FilesPage
from ui.settings.form import LOOK, Page, said
from ui.settings.midi.page import MidiPage
from ui.settings.tuning.page import TuningPage
from ui.settings.vocoder import VocoderPage
from ui.widgets.sheet import Sheet

_LOOK_MS = 250
_WIDTH, _HEIGHT = 900, 620
_ENTRY = 36
_MARGIN = 24
"""Of the window, left around the paper where there is little room."""


class SettingsSheet(Sheet):
    """Audio, MIDI, tuning, engine, vocoder, files; made when it is first opened."""

    def __init__(self, desk: SettingsDesk, controls: ControlPanel, window: QWidget) -> None:
        super().__init__("Settings", window)
        self.setStyleSheet(LOOK)
        self._desk = desk
        self.audio, self.engine = AudioPage(desk), EnginePage(desk)
        self.midi, self.tuning = MidiPage(desk, desk.midi), TuningPage(desk, desk.tuning, controls)
        self.vocoder, self.files = VocoderPage(desk), FilesPage(desk)
        self.pages: tuple[Page, ...] = (self.audio, self.midi, self.tuning, self.engine, self.vocoder, self.files)
        self.list = QListWidget()
        self.list.setObjectName("pages")
        self.list.setAccessibleName("Pages of the settings")
        self.list.setToolTip("Choose a page with the arrow keys; Tab goes into it")
        self.list.setFixedWidth(116)
        for page in self.pages:
            item = QListWidgetItem(page.title)
            item.setSizeHint(QSize(0, _ENTRY))
            self.list.addItem(item)
        self.list.setFixedHeight(len(self.pages) * _ENTRY + 2)
        self.stack = QStackedWidget()
        for page in self.pages:
            self.stack.addWidget(_scrolled(page))
        self.sentence = said(name="What the settings say", role="warn")
        middle = QHBoxLayout()
        middle.setSpacing(18)
        middle.addWidget(self.list, 0, Qt.AlignmentFlag.AlignTop)
        middle.addWidget(self.stack, 1)
        self.body.addLayout(middle, 1)
        self.body.addWidget(self.sentence)
        self.sentence.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.list.currentRowChanged.connect(self._turn_to)
        self.list.setCurrentRow(0)
        self.opened.connect(self._begin)
        self.closed.connect(self._timer.stop)
        desk.refused.connect(self.say)
        self._notice = 0

    def turn_to(self, page: Page) -> None:
        """Show this page."""
        self.list.setCurrentRow(self.pages.index(page))

    def say(self, sentence: str) -> None:
        """Show a sentence below the pages: the banner lies beneath the sheet."""
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))

    def end(self) -> None:
        """The window closes."""
        self._timer.stop()
        for page in self.pages:
            page.end()

    def cover(self) -> None:
        super().cover()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.paper.setFixedSize(
            min(_WIDTH, self.width() - 2 * _MARGIN), min(_HEIGHT, max(self.height() - 2 * _MARGIN, 0))
        )

    def _begin(self) -> None:
        self.say("")
        notices = self._desk.engine.status().notices
        self._notice = notices[-1].serial if notices else 0
        self._current().refresh()
        self._look()
        self._timer.start()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _turn_to(self, row: int) -> None:
        self.stack.setCurrentIndex(row)
        if self.isVisible():
            self.say("")
            self._current().refresh()
            self._look()

    def _current(self) -> Page:
        return self.pages[max(self.list.currentRow(), 0)]

    def _look(self) -> None:
        status = self._desk.engine.status()
        for notice in status.notices:
            if notice.serial > self._notice:
                self._notice = notice.serial
                self.say(notice.text)
        self._current().show_status(status)


def _scrolled(page: Page) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    page.setObjectName("inside")
    area.setWidget(page)
    area.viewport().setAutoFillBackground(False)
    return area
