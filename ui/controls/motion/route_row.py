"""One route in the list of all: what moves what, how far, how, whether it is on."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from synth.instrument.modulation.routes import trouble_with
from synth.presets.routes import CURVES, POLARITIES, Route
from ui.controls.motion.book import MotionBook
from ui.controls.motion.colours import colour_of
from ui.controls.motion.model import depth_text, target_text
from ui.widgets.chooser import Chooser
from ui.widgets.tool_button import tool_button

_SOURCE_WIDTH, _TARGET_WIDTH = 150, 170
_POLARITY_WORDS = {"unipolar": "one way", "bipolar": "both ways"}
_CURVE_WORDS = {"linear": "straight", "exponential": "slow, then fast", "s": "soft at both ends"}


class DepthSlider(QSlider):
    """−100 … 100 %; the wheel scrolls past it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class RouteRow(QWidget):
    """Changes its route in the book; `show_route` lets it follow what others changed."""

    def __init__(self, place: int, book: MotionBook) -> None:
        super().__init__()
        self.place, self._book = place, book
        self.on = QCheckBox()
        self.source, self.target, self.percent = QLabel(), QLabel(), QLabel()
        self.slider = DepthSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(-100, 100)
        self.slider.setSingleStep(1)
        self.slider.setPageStep(10)
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.polarity = Chooser(
            "", "Whether the source moves the control only in one direction from its value, or in both"
        )
        self.curve = Chooser("", "How the control follows the source")
        for word in POLARITIES:
            self.polarity.addItem(_POLARITY_WORDS.get(word, word), word)
        for word in CURVES:
            self.curve.addItem(_CURVE_WORDS.get(word, word), word)
        self.delete: QToolButton = tool_button("×", "", "Delete this route", "", role="icon")
        self.delete.setFixedSize(26, 26)
        self._lay_out()
        self.on.toggled.connect(lambda on: book.edit(place, "on or off", enabled=on))
        self.slider.valueChanged.connect(lambda value: book.set_depth(place, value / 100))
        self.polarity.activated.connect(lambda: book.edit(place, "polarity", polarity=self.polarity.currentData()))
        self.curve.activated.connect(lambda: book.edit(place, "curve", curve=self.curve.currentData()))
        self.delete.clicked.connect(lambda: book.remove(place))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(8)
        self.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.percent.setFixedWidth(58)
        row.addWidget(self.on)
        self.source.setFixedWidth(_SOURCE_WIDTH)
        self.target.setFixedWidth(_TARGET_WIDTH)
        row.addWidget(self.source)
        row.addWidget(self.target)
        row.addWidget(self.slider, 1)
        for part in (self.percent, self.polarity, self.curve, self.delete):
            row.addWidget(part)

    def show_route(self, route: Route) -> None:
        """This is the route now."""
        name, target = self._book.motion.name_of(route.source), target_text(route.parameter)
        both = f"{name} to {target}"
        trouble = trouble_with(route)
        with QSignalBlocker(self.on), QSignalBlocker(self.slider):
            self.on.setChecked(route.enabled)
            self.slider.setValue(round(100 * route.depth))
        self.source.setText(f"<span style='color:{colour_of(route.source)}'>●</span> {name}")
        self.target.setText(target)
        self.percent.setText(depth_text(route))
        self.polarity.setCurrentIndex(self.polarity.findData(route.polarity))
        self.curve.setCurrentIndex(self.curve.findData(route.curve))
        self.on.setAccessibleName(f"{both} on")
        self.on.setToolTip(trouble or "Whether this route moves its control")
        self.slider.setAccessibleName(f"Depth of {both}")
        self.slider.setAccessibleDescription(depth_text(route))
        self.slider.setToolTip(
            "How far the source moves the control, in per cent of its range; a negative depth moves it the other way"
        )
        self.polarity.setAccessibleName(f"Polarity of {both}")
        self.curve.setAccessibleName(f"Curve of {both}")
        self.delete.setAccessibleName(f"Delete {both}")
        for part in (self.slider, self.polarity, self.curve):
            part.setEnabled(not trouble)
