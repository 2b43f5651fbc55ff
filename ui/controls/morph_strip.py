"""The strip of a morph: from which preset to which, how far, by which map, and the way back.

It is there while a second preset is played beside the first, below the culture, which shows both.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from ui.controls.panel_widgets import tight_button
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.knob import Knob

_BRUSH = "brush"


class MorphStrip(QFrame):
    """Shows what the engine says; asks to end, and to paint for one of the presets."""

    end_asked = Signal()
    painting = Signal(object)
    """What the brush paints now: True for the second preset, False for the first, None for what it usually does."""

    def __init__(self, knob: Knob, chosen: Knob, parent: QWidget | None = None) -> None:
        """`knob` is the control `morph`, `chosen` its map; both are connected already."""
        super().__init__(parent)
        self.setObjectName("morphstrip")
        self.setAccessibleName("Morph")
        self._chosen = chosen
        title = QLabel("MORPH")
        title.setProperty("role", "section")
        self.names = ElidedLabel()
        self.names.setAccessibleName("Presets of the morph")
        self.first = self._brush("Paint first", "first")
        self.second = self._brush("Paint second", "second")
        self.end = tight_button("End morph", "Glide back to the first preset and leave the second one")
        self.end.clicked.connect(self.end_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(8)
        row.addWidget(title)
        row.addWidget(self.names, 1)
        row.addWidget(self.first)
        row.addWidget(self.second)
        row.addWidget(knob, 1)
        row.addWidget(chosen)
        row.addWidget(self.end)
        chosen.valueChanged.connect(lambda _: self._show_brushes())
        self._show_brushes()
        self.hide()

    def _brush(self, text: str, which: str) -> QToolButton:
        tip = f"Let strokes on the culture paint cells for the {which} preset, the right button for the other one"
        button = tight_button(text, tip)
        button.setCheckable(True)
        button.clicked.connect(lambda checked: self._paint(button if checked else None))
        return button

    def _paint(self, button: QToolButton | None) -> None:
        """One of the two at most is held."""
        for each in (self.first, self.second):
            each.setChecked(each is button)
        self.painting.emit(None if button is None else button is self.second)

    def _show_brushes(self) -> None:
        """The brush has something to paint on its own map alone."""
        # A value that the engine or MIDI moved is shown without a word, so this is asked again with every look.
        brush = self._chosen.parameter.choice(self._chosen.amount()) == _BRUSH
        for each in (self.first, self.second):
            if each.isHidden() == brush:
                each.setVisible(brush)
        if not brush and (self.first.isChecked() or self.second.isChecked()):
            self._paint(None)

    def show_morph(self, first: str, second: str) -> None:
        """These two presets are played; without a second one the strip is away."""
        if not second:
            if not self.isHidden():
                self._paint(None)
                self.hide()
            return
        text = f"{first} → {second}"
        if self.names.text() != text:
            self.names.setText(text)
        self._show_brushes()
        if self.isHidden():
            self.show()
