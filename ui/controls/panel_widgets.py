"""The control panel's widgets, one by one, and how those of a group stand together."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from synth.instrument.parameters.parameter import Parameter
from ui.widgets.knob import Knob
from ui.widgets.slider import Slider

SWITCH_KEYS = {"frozen": "Ctrl+F", "follow_hand": "Ctrl+H", "latch": "Shift+Space"}
"""Whoever owns the switches binds these: a key of the switch itself would not act while its page is hidden."""

_ON, _OFF = "On", "Off"
_SIDES = 14
"""What a low button has beside its word, in pixels."""


def knob_for(parameter: Parameter) -> Knob:
    """The knob or slider of a row of the table."""
    return Slider(parameter) if parameter.display.widget == "slider" else Knob(parameter)


def switch_for(parameter: Parameter) -> QToolButton:
    """The button of a row that is on or off."""
    keys = SWITCH_KEYS.get(parameter.id, "")
    tip = f"{parameter.label}: {parameter.help.rstrip('.')}{keys and f' ({keys})'}"
    button = tight_button(parameter.display.name, tip)
    button.setCheckable(True)
    button.setChecked(bool(parameter.default))
    button.setAccessibleName(parameter.label)
    button.setProperty("parameter", parameter.id)
    if parameter.display.name == _ON:
        _tell_state(button)
    return button


def _tell_state(button: QToolButton) -> None:
    """Read Off while it is off: beside an effect that is off, On would say the contrary. Its width stays."""

    def tell(on: bool) -> None:
        button.setText(_ON if on else _OFF)

    metrics = button.fontMetrics()
    button.setMinimumWidth(max(metrics.horizontalAdvance(text) for text in (_ON, _OFF)) + _SIDES)
    button.toggled.connect(tell)
    tell(button.isChecked())


def tight_button(text: str, tip: str) -> QToolButton:
    """A low button that the keyboard reaches."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(text)
    button.setProperty("role", "tight")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    button.setFixedHeight(28)
    return button


def divider() -> QFrame:
    """The line between two groups."""
    line = QFrame()
    line.setFixedWidth(1)
    line.setProperty("role", "divider")
    return line


def titled_group(title: str, knobs: list[Knob], others: list[QWidget]) -> QVBoxLayout:
    """A title over knobs and a stack of smaller things."""
    column = QVBoxLayout()
    column.setSpacing(2)
    label = QLabel(title)
    label.setProperty("role", "section")
    label.setFixedHeight(18)
    column.addWidget(label)
    row = QHBoxLayout()
    row.setSpacing(2)
    # Everything keeps to its group's middle: in a wide window the groups drift apart, not what belongs together.
    row.addStretch(3)
    for i, knob in enumerate(knobs):
        if i:
            row.addStretch(1)
        row.addWidget(knob, 0, Qt.AlignmentFlag.AlignCenter)
    if others:
        stack = QVBoxLayout()
        stack.setSpacing(2)
        stack.addStretch(1)
        for widget in others:
            stack.addWidget(widget)
        stack.addStretch(1)
        row.addStretch(1)
        row.addLayout(stack)
    row.addStretch(3)
    column.addLayout(row, 1)
    return column
