"""The effects as the sound passes them, one chip each: choose one, switch it, drag it to another place."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QRadioButton, QToolButton, QWidget

from synth.instrument.parameters.effect_rows import EFFECTS

_HEIGHT = 24


class EffectChip(QFrame):
    """One effect's name, by which it is chosen and dragged, and its switch."""

    def __init__(self, name: str, switch: QToolButton) -> None:
        super().__init__()
        self.name, self.switch = name, switch
        self.setProperty("role", "effect")
        self.choose = QRadioButton(EFFECTS[name])
        self.choose.setProperty("role", "part")
        self.choose.setAutoExclusive(False)
        self.choose.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.choose.setToolTip(
            f"{EFFECTS[name]}: show its controls; drag it, or press Ctrl+Left or Ctrl+Right, to move it"
        )
        switch.setProperty("role", "micro")
        switch.setFixedHeight(_HEIGHT - 6)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 1, 3, 1)
        row.setSpacing(2)
        row.addWidget(self.choose)
        row.addWidget(switch)
        self.setFixedHeight(_HEIGHT)

    def tell_place(self, place: int, count: int) -> None:
        """Say for those who do not see it where it stands."""
        self.choose.setAccessibleName(f"{EFFECTS[self.name]}, place {place} of {count}")
        self.choose.setAccessibleDescription("Ctrl+Left and Ctrl+Right move it")


class EffectChain(QWidget):
    """All chips in the order of the sound."""

    chosen = Signal(str)
    moved = Signal(object)
    """The order that was asked for, a list of names."""

    def __init__(self, switches: Mapping[str, QToolButton]) -> None:
        """`switches` by the effects' names."""
        super().__init__()
        self.chips = {name: EffectChip(name, switch) for name, switch in switches.items()}
        self.order = list(self.chips)
        self._arrows = [_arrow("→") for _ in range(len(self.chips) - 1)]
        self._pressed: QPoint | None = None
        self._dragged = ""
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        for name, chip in self.chips.items():
            chip.choose.clicked.connect(lambda _, name=name: self.choose(name))
            chip.choose.installEventFilter(self)
        self._lay_out()
        self.choose(self.order[0])

    def choose(self, name: str) -> None:
        """Mark one as the one whose controls are shown."""
        for other, chip in self.chips.items():
            chip.choose.setChecked(other == name)
        self.chosen.emit(name)

    def show_order(self, order: Sequence[str]) -> None:
        """Stand in this order, unless one is being dragged."""
        if not self._dragged and list(order) != self.order:
            self.order = list(order)
            self._lay_out()

    def put(self, name: str, by: int) -> None:
        """Ask for an effect to pass the sound so many places later."""
        place = self.order.index(name)
        wanted = min(max(place + by, 0), len(self.order) - 1)
        if wanted != place:
            self._put(name, wanted)
            self.moved.emit(list(self.order))

    def _put(self, name: str, place: int) -> None:
        self.order.remove(name)
        self.order.insert(place, name)
        self._lay_out()

    def _lay_out(self) -> None:
        while self._row.takeAt(0) is not None:
            pass
        before: QWidget | None = None
        for i, name in enumerate(self.order):
            if i:
                self._row.addWidget(self._arrows[i - 1])
            chip = self.chips[name]
            chip.tell_place(i + 1, len(self.order))
            self._row.addWidget(chip)
            if before is not None:
                self.setTabOrder(before, chip.choose)
            self.setTabOrder(chip.choose, chip.switch)
            before = chip.switch
        self._row.addStretch(1)

    # Mouse and keyboard, of the chips' names

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        name = next((name for name, chip in self.chips.items() if chip.choose is watched), "")
        if not name:
            return super().eventFilter(watched, event)
        if isinstance(event, QKeyEvent):
            return self._key(name, event)
        if isinstance(event, QMouseEvent):
            return self._mouse(name, event)
        return False

    def _key(self, name: str, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.modifiers() != Qt.KeyboardModifier.ControlModifier or event.key() not in steps:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self.put(name, steps[Qt.Key(event.key())])
        return True

    def _mouse(self, name: str, event: QMouseEvent) -> bool:
        at = self.mapFromGlobal(event.globalPosition().toPoint())
        if event.type() == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._before = at, list(self.order)
        elif event.type() == QEvent.Type.MouseMove and self._pressed is not None:
            if self._dragged or abs(at.x() - self._pressed.x()) >= QApplication.startDragDistance():
                self._dragged = name
                self._drag_to(at.x())
                return True
        elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed is not None:
            self._pressed, dragged, self._dragged = None, self._dragged, ""
            if dragged:
                self.chips[name].choose.setDown(False)
                self.choose(name)
                if self.order != self._before:
                    self.moved.emit(list(self.order))
                return True
        return False

    def _drag_to(self, x: int) -> None:
        """The chip that is dragged goes where the mouse is."""
        others = [name for name in self.order if name != self._dragged]
        place = sum(self.chips[name].geometry().center().x() < x for name in others)
        if place != self.order.index(self._dragged):
            self._put(self._dragged, place)
            self._row.activate()


def _arrow(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "dim")
    return label
