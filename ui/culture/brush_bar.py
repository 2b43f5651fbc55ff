"""The row above the culture: which brush, its shape, size and strength; undo, thaw and the hidden channels."""

from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from synth.automaton.gestures import SHAPES, GestureKind, Shape
from synth.instrument.parameters.table import BRUSH_PARAMETERS
from ui.culture.brushes import BRUSH_KINDS, PAINT, Brush
from ui.culture.overlay import BRUSH_COLOURS
from ui.look.icons import SIZE, icon
from ui.look.shortcuts import click_on_key, on_key
from ui.look.theme import COLOURS
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.slider import Slider

_HELP: dict[GestureKind, str] = {
    "erase": "Erase cells: the gap is heard for one pass of the playhead, then it heals (1)",
    "paint": "Paint sound: a line is a tone, a block is noise; it lands on partials or notes, with Alt anywhere (2)",
    "noise": "Scatter noise into the cells (3)",
    "reseed": "Erase cells and plant seeds there: the culture grows back from them at once (4)",
    "freeze": "Freeze cells: they stay as they are, still heard; right-drag thaws them (5)",
}
_SHAPE_HELP: dict[Shape, str] = {
    "round": "Round brush: length by height (6)",
    "stripe": "Stripe: all pitches at once, as long as the brush (7)",
    "line": "Line: all of time at once, as high as the brush (8)",
}

_NAME_WIDTH = 110


class BrushBar(QWidget):
    """Chooses the brush; where there is little room, brushes go without their names, but for the one that is held."""

    changed = Signal(Brush)
    refused = Signal(str)
    done = Signal()
    """A value was typed: the keyboard can go back to the instrument."""
    undo_asked = Signal()
    redo_asked = Signal()
    thaw_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.brush = Brush()
        self.aside = PAINT
        """Size and strength of paint while another brush is held, and those of the others while paint is."""
        self._frames_per_second = 22050 / 256
        self._roomy = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._kinds, self._shapes = QButtonGroup(self), QButtonGroup(self)
        self.buttons: dict[GestureKind, QToolButton] = {}
        for i, kind in enumerate(BRUSH_KINDS):
            name = kind.capitalize()
            button = self.buttons[kind] = _button(kind, BRUSH_COLOURS[kind], f"{name} brush", _HELP[kind], str(i + 1))
            button.setText(name)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, kind=kind: self._take(kind))
            self._kinds.addButton(button)
            row.addWidget(button)
        row.addSpacing(6)
        self.shapes: dict[Shape, QToolButton] = {}
        for i, shape in enumerate(SHAPES):
            key = str(len(BRUSH_KINDS) + i + 1)
            button = self.shapes[shape] = _button(shape, COLOURS.text, f"{shape.capitalize()} shape", "", key)
            button.setToolTip(_SHAPE_HELP[shape])
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, shape=shape: self._change(shape=shape))
            self._shapes.addButton(button)
            row.addWidget(button)
        self.buttons["erase"].setChecked(True)
        self.shapes["round"].setChecked(True)
        self.name = ElidedLabel()
        self.name.setProperty("role", "dim")
        self.name.setAccessibleName("Brush")
        self.name.setContentsMargins(8, 0, 0, 0)
        row.addWidget(self.name, 1)
        self._add_sliders(row)
        row.addSpacing(6)
        self._add_actions(row)

    def _add_sliders(self, row: QHBoxLayout) -> None:
        self.length = Slider(BRUSH_PARAMETERS["brush_width"])
        self.height_ = Slider(BRUSH_PARAMETERS["brush_height"])
        self.strength = Slider(BRUSH_PARAMETERS["brush_strength"])
        self.length.turned.connect(lambda ms: self._change(radius_frames=ms / 2000 * self._frames_per_second))
        self.height_.turned.connect(lambda rows: self._change(radius_rows=rows / 2))
        self.strength.turned.connect(lambda strength: self._change(strength=strength))
        for slider in (self.length, self.height_, self.strength):
            slider.refused.connect(self.refused)
            slider.done.connect(self.done)
            row.addWidget(slider)
        on_key(self, ",", lambda: self._strengthen(-1), repeat=True)
        on_key(self, ".", lambda: self._strengthen(1), repeat=True)

    def _add_actions(self, row: QHBoxLayout) -> None:
        ink = COLOURS.text
        self.undo = _button("undo", ink, "Undo", "Nothing to undo (Ctrl+Z)")
        self.redo = _button("redo", ink, "Redo", "Nothing to redo (Ctrl+Shift+Z)")
        self.thaw = _button("thaw", BRUSH_COLOURS["freeze"], "Thaw all", "Thaw every frozen cell (Ctrl+U)")
        # The keys are the bar's: a button is enabled a moment after the stroke, and a quick Ctrl+Z must not be lost.
        for keys, wanted in (
            ("Ctrl+Z", self.undo_asked),
            ("Ctrl+Shift+Z", self.redo_asked),
            ("Ctrl+Y", self.redo_asked),
            ("Ctrl+U", self.thaw_asked),
        ):
            on_key(self, keys, wanted.emit)
        tip = (
            "Colour cells by their channels that are not heard: similar cells get similar colours; brightness still "
            "shows the sound (C)"
        )
        self.hidden = _button("hidden", ink, "Hidden channels", tip, "C")
        self.hidden.setCheckable(True)
        for button, asked in ((self.undo, self.undo_asked), (self.redo, self.redo_asked), (self.thaw, self.thaw_asked)):
            button.clicked.connect(asked)
            button.setEnabled(False)
        for button in (self.undo, self.redo, self.thaw, self.hidden):
            row.addWidget(button)

    def show_history(self, undo: str, redo: str, *, frozen: bool) -> None:
        """Name what would be undone and redone, "" for nothing; and whether there is anything to thaw."""
        for button, verb, step, keys in (
            (self.undo, "Undo", undo, "Ctrl+Z"),
            (self.redo, "Redo", redo, "Ctrl+Shift+Z"),
        ):
            tip = f"{verb}: {step} ({keys})" if step else f"Nothing to {verb.lower()} ({keys})"
            if button.toolTip() != tip:
                button.setToolTip(tip)
                button.setAccessibleDescription(tip)
        for button, can in ((self.undo, undo != ""), (self.redo, redo != ""), (self.thaw, frozen)):
            if button.isEnabled() != can:
                button.setEnabled(can)

    def set_frame_rate(self, frames_per_second: float) -> None:
        """Another mel format may have other frames."""
        self._frames_per_second = frames_per_second

    def set_rows(self, n_mels: int) -> None:
        """No brush is higher than the culture."""
        p = self.height_.parameter
        self.height_.setMaximum(p.step_of(n_mels))
        self.height_.setToolTip(f"{p.help} {p.text(p.minimum)} … {p.text(n_mels)}")
        if self.brush.radius_rows * 2 > n_mels:
            self.resize_brush(self.brush.radius_frames, n_mels / 2)

    def choose(self, kind: GestureKind) -> None:
        """Take this brush."""
        self.buttons[kind].click()

    def choose_shape(self, shape: Shape) -> None:
        """Give the brush this shape."""
        self.shapes[shape].click()

    def resize_brush(self, radius_frames: float, radius_rows: float) -> None:
        """Size the brush as the wheel or the bracket keys ask."""
        highest = self.height_.parameter.at_step(self.height_.maximum()) / 2
        self._change(radius_frames=radius_frames, radius_rows=min(radius_rows, highest))
        self.length.show_amount(self.brush.radius_frames / self._frames_per_second * 2000)
        self.height_.show_amount(self.brush.radius_rows * 2)

    def minimumSizeHint(self) -> QSize:
        """As narrow as it gets without the brushes' names."""
        wide = super().minimumSizeHint()
        return QSize(wide.width() - self._names_width(), wide.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        full = super().minimumSizeHint().width() - self._names_width() + self._widths_of_names()
        named = event.size().width() >= full
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if named else Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in self.buttons.values():
            if button.toolButtonStyle() != style:
                button.setToolButtonStyle(style)
        self._roomy = not named and event.size().width() - self.minimumSizeHint().width() > _NAME_WIDTH
        self._show_name()

    def _show_name(self) -> None:
        self.name.setText(f"{self.brush.kind.capitalize()}, {self.brush.shape}" if self._roomy else "")

    def _widths_of_names(self) -> int:
        metrics = self.fontMetrics()
        return sum(metrics.horizontalAdvance(button.text()) + 10 for button in self.buttons.values())

    def _names_width(self) -> int:
        """What the names take now."""
        bare = self.shapes["round"].minimumSizeHint().width()
        return sum(button.minimumSizeHint().width() - bare for button in self.buttons.values())

    def _take(self, kind: GestureKind) -> None:
        """Hold another brush: paint has a size and a strength of its own."""
        if (kind == "paint") == (self.brush.kind == "paint"):
            self._change(kind=kind)
            return
        here, self.aside = self.aside, self.brush
        self.brush = replace(here, kind=kind, shape=self.brush.shape)
        self.resize_brush(here.radius_frames, here.radius_rows)
        self.strength.show_amount(here.strength)

    def _strengthen(self, by: int) -> None:
        self.strength.setValue(self.strength.value() + by * self.strength.singleStep())

    def _change(self, **changes: object) -> None:
        self.brush = replace(self.brush, **changes)  # type: ignore[arg-type]
        self._show_name()
        self.changed.emit(self.brush)


def _button(sign: str, colour: str, name: str, tip: str, keys: str = "") -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "sign")
    button.setIcon(icon(sign, colour))
    button.setIconSize(QSize(SIZE, SIZE))
    button.setToolTip(tip)
    button.setAccessibleName(name)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if keys:
        click_on_key(button, keys)
    return button
