"""The list of takes: each row with its waveform, name, length, date and format."""

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from synth.file_names import shown_name
from synth.takes.files import TakeCard
from ui.look.clock import clock
from ui.look.theme import COLOURS

PATH, CARD, PROBLEM, PROGRESS = (int(Qt.ItemDataRole.UserRole) + i for i in range(4))
ROW_HEIGHT = 46
_WAVE_WIDTH = 150
_OWN_KEYS = (Qt.Key.Key_F2, Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter)

_Index = QModelIndex | QPersistentModelIndex


class TakeRow(QStyledItemDelegate):
    """Paints one take."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QRectF(option.rect).adjusted(0, 1, -2, -1)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOURS.accent_dark if current else COLOURS.raised))
            painter.drawRoundedRect(row, 5, 5)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(COLOURS.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        wave = QRectF(row.left() + 8, row.top() + 5, _WAVE_WIDTH, row.height() - 10)
        card = index.data(CARD)
        if isinstance(card, TakeCard):
            paint_wave(painter, wave, card, index.data(PROGRESS))
        words = QRectF(wave.right() + 12, row.top() + 4, row.right() - wave.right() - 22, row.height() - 8)
        self._paint_words(painter, words, index, current)
        painter.restore()

    def _paint_words(self, painter: QPainter, box: QRectF, index: _Index, current: bool) -> None:
        problem = index.data(PROBLEM)
        font = QFont(painter.font())
        size = font.pointSizeF()
        for text, at, share, colour in (
            (index.data(), Qt.AlignmentFlag.AlignTop, 1.0, COLOURS.accent if current else COLOURS.text),
            (problem or facts(index.data(CARD)), Qt.AlignmentFlag.AlignBottom, 0.88, COLOURS.dim),
        ):
            font.setPointSizeF(size * share)
            painter.setFont(font)
            painter.setPen(QColor(COLOURS.record if problem and text == problem else colour))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(box.width()))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | at), shown)


def paint_wave(painter: QPainter, box: QRectF, card: TakeCard, progress: float | None) -> None:
    """Loudness along the take, and how far it has been played."""
    painter.setPen(Qt.PenStyle.NoPen)
    width = box.width() / len(card.peaks)
    played = -1.0 if progress is None else progress * len(card.peaks)
    for i, peak in enumerate(card.peaks):
        # The square root shows a fade's tail, which a line in proportion would hide.
        height = max(1.0, box.height() * float(peak) ** 0.5)
        painter.setBrush(QColor(COLOURS.accent if i < played else COLOURS.dim))
        painter.drawRect(QRectF(box.left() + i * width, box.center().y() - height / 2, max(1.0, width - 0.6), height))


def facts(card: object) -> str:
    """Length, date and format in one line."""
    if not isinstance(card, TakeCard):
        return "…"
    told = f"{clock(card.seconds)}  ·  {_date(card.recorded)}  ·  {card.sample_format}, {card.rate_hz / 1000:g} kHz"
    return told if card.continuable else f"{told}  ·  sound only"


def _date(moment: datetime) -> str:
    """Today 14:05, or 2026-11-25 14:05."""
    day = "Today" if moment.date() == datetime.now().date() else f"{moment:%Y-%m-%d}"
    return f"{day} {moment:%H:%M}"


class TakeList(QListWidget):
    """Enter or a double click plays, F2 renames, Delete moves to the trash."""

    play_asked = Signal()
    rename_asked = Signal()
    trash_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted: Path | None = None
        """To be chosen when it is listed."""
        self.setAccessibleName("Takes")
        self.setToolTip("Takes, newest first: Enter plays and stops, F2 renames, Del moves to the trash")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setItemDelegate(TakeRow(self))
        self.itemDoubleClicked.connect(lambda _: self.play_asked.emit())

    def show_paths(self, paths: list[Path]) -> None:
        """List these; cards already read and the chosen one stay."""
        chosen = self.wanted if self.wanted in paths else self.chosen()
        self.wanted = None
        cards = {self._path(item): (item.data(CARD), item.data(PROBLEM)) for item in self._items()}
        self.clear()
        for path in paths:
            item = QListWidgetItem(shown_name(path.stem))
            # The path and not its text: Qt drops what is no text in a name.
            item.setData(PATH, path)
            item.setToolTip(shown_name(path))
            self.addItem(item)
            card, problem = cards.get(path, (None, None))
            item.setData(CARD, card)
            item.setData(PROBLEM, problem)
        if paths:
            self.setCurrentRow(paths.index(chosen) if chosen in paths else 0)

    def show_card(self, path: Path, card: object) -> None:
        """A take's card, or the sentence why there is none."""
        item = self._item(path)
        if item is not None:
            good = isinstance(card, TakeCard)
            item.setData(CARD, card if good else None)
            item.setData(PROBLEM, None if good else card)
            item.setData(int(Qt.ItemDataRole.AccessibleDescriptionRole), facts(card) if good else card)

    def show_progress(self, path: Path | None, share: float) -> None:
        """How much of the take that plays has been heard."""
        for item in self._items():
            wanted = share if self._path(item) == path else None
            if item.data(PROGRESS) != wanted:
                item.setData(PROGRESS, wanted)

    def chosen(self) -> Path | None:
        """The take that is chosen, if any."""
        item = self.currentItem() if self.currentRow() >= 0 else None
        return None if item is None else self._path(item)

    def card(self, path: Path | None) -> TakeCard | None:
        """A take's card, once it has been read."""
        item = None if path is None else self._item(path)
        card = None if item is None else item.data(CARD)
        return card if isinstance(card, TakeCard) else None

    def event(self, event: QEvent) -> bool:
        # These keys mean the chosen take here, whatever they mean in the window beneath.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() in _OWN_KEYS and not event.modifiers():
                event.accept()
                return True
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.rename_asked.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.trash_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.play_asked.emit()
        elif event.text().isalnum():
            event.ignore()  # Letters are notes, not a search of Qt's own.
        else:
            super().keyPressEvent(event)

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(i) for i in range(self.count())]

    def _item(self, path: Path) -> QListWidgetItem | None:
        return next((item for item in self._items() if self._path(item) == path), None)

    def _path(self, item: QListWidgetItem) -> Path:
        path: Path = item.data(PATH)
        return path
