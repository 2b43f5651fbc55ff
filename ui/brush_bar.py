"""The row of brushes above the culture: kind, size and strength."""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from synth.gestures import GESTURE_KINDS, GestureKind
from ui.brushes import Brush
from ui.overlay import BRUSH_COLOURS
from ui.shortcuts import click_on_key
from ui.slider import Slider
from ui.units import BRUSH_HEIGHT, BRUSH_STRENGTH, BRUSH_WIDTH

_HELP: dict[GestureKind, str] = {
    "erase": "Wound the culture: what is erased is heard for one loop, then heals (1)",
    "paint": "Paint sound: a line is a tone, a block is noise; strength is its level (2)",
    "noise": "Scatter noise into the cells (3)",
    "reseed": "Plant seed cells that grow back at once (4)",
}


class BrushBar(QWidget):
    """Chooses the brush."""

    changed = Signal(Brush)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.brush = Brush()
        self._frames_per_second = 22050 / 256
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._kinds = QButtonGroup(self)
        self.buttons: dict[GestureKind, QToolButton] = {}
        for i, kind in enumerate(GESTURE_KINDS):
            button = QToolButton()
            button.setText(kind.capitalize())
            button.setIcon(_icon(kind))
            button.setIconSize(QSize(14, 14))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setCheckable(True)
            click_on_key(button, str(i + 1))
            button.setToolTip(_HELP[kind])
            button.setAccessibleName(f"{kind.capitalize()} brush")
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(lambda _=False, kind=kind: self._change(kind=kind))
            self._kinds.addButton(button)
            self.buttons[kind] = button
            row.addWidget(button)
        self.buttons["erase"].setChecked(True)
        row.addStretch(1)
        self.length = Slider(BRUSH_WIDTH)
        self.height_ = Slider(BRUSH_HEIGHT)
        self.strength = Slider(BRUSH_STRENGTH)
        self.length.turned.connect(lambda ms: self._change(radius_frames=ms / 2000 * self._frames_per_second))
        self.height_.turned.connect(lambda rows: self._change(radius_rows=rows / 2))
        self.strength.turned.connect(lambda strength: self._change(strength=strength))
        for slider in (self.length, self.height_, self.strength):
            slider.refused.connect(self.refused)
            row.addWidget(slider)

    def set_frame_rate(self, frames_per_second: float) -> None:
        """Another mel format may have other frames."""
        self._frames_per_second = frames_per_second

    def choose(self, kind: GestureKind) -> None:
        """Take this brush."""
        self.buttons[kind].click()

    def resize_brush(self, radius_frames: float, radius_rows: float) -> None:
        """Size the brush as the wheel or the bracket keys ask."""
        self._change(radius_frames=radius_frames, radius_rows=radius_rows)
        self.length.show_amount(self.brush.radius_frames / self._frames_per_second * 2000)
        self.height_.show_amount(self.brush.radius_rows * 2)

    def _change(self, **changes: object) -> None:
        self.brush = replace(self.brush, **changes)  # type: ignore[arg-type]
        self.changed.emit(self.brush)


def _icon(kind: GestureKind) -> QIcon:
    """A small sign of what the brush does, in its own colour."""
    scale = 3
    pixmap = QPixmap(14 * scale, 14 * scale)
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = QColor(BRUSH_COLOURS[kind])
    painter.setPen(QPen(colour, 1.4))
    if kind == "erase":
        painter.drawEllipse(QRectF(1.5, 1.5, 11, 11))
        painter.drawLine(QPointF(3.5, 10.5), QPointF(10.5, 3.5))
    elif kind == "paint":
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(1.5, 1.5, 11, 11))
    elif kind == "noise":
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        for x, y in ((2, 3), (6, 1.5), (10, 4), (4, 7), (8.5, 7.5), (2.5, 11), (6.5, 11.5), (11, 10.5)):
            painter.drawEllipse(QPointF(x + 0.7, y), 1.2, 1.2)
    else:
        painter.drawArc(QRectF(1.5, 1.5, 11, 11), 60 * 16, 300 * 16)
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(7, 7), 2.2, 2.2)
    painter.end()
    return QIcon(pixmap)
