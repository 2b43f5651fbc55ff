"""A number with its unit, as wide and high as the text fields beside it."""

from PySide6.QtWidgets import QDoubleSpinBox

from ui.widgets.spin_menu import DoubleSpinBox


def number_field(name: str, tip: str, unit: str, decimals: int, low: float, high: float, step: float) -> QDoubleSpinBox:
    """A field for numbers from `low` to `high`, typed, stepped by arrow keys or by the wheel."""
    field = DoubleSpinBox()
    field.setRange(low, high)
    field.setDecimals(decimals)
    field.setSingleStep(step)
    field.setSuffix(f" {unit}" if unit else "")
    # While somebody types, half a number is no number.
    field.setKeyboardTracking(False)
    field.lineEdit().setTextMargins(6, 0, 0, 0)
    field.lineEdit().setAcceptDrops(False)
    field.setMinimumWidth(84)
    field.setAccessibleName(name)
    field.setToolTip(tip)
    return field
