"""What the sheet's fields and bars look like, beyond the window's own style sheet."""

from ui.look.theme import COLOURS
from ui.widgets.chooser import LOOK

_SHEET = """
QComboBox, QDoubleSpinBox {{ background: {ground}; border: 1px solid {line}; border-radius: 6px;
    min-height: 17px; selection-background-color: {accent_dark}; }}
QComboBox {{ padding: 4px 8px; }}
QDoubleSpinBox {{ padding: 4px 2px; }}
QComboBox:focus, QDoubleSpinBox:focus {{ border-color: {accent}; }}
QComboBox:disabled, QDoubleSpinBox:disabled, QLineEdit:disabled {{ color: {faint}; }}
QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{ width: 0; }}
QDoubleSpinBox QLineEdit {{ border: none; padding: 0; background: transparent; }}
QProgressBar {{ background: {ground}; border: 1px solid {line}; border-radius: 4px; max-height: 8px; min-height: 8px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QPushButton[role="primary"] {{ background: {accent}; color: {ground}; border-color: {accent}; font-weight: 600;
    padding: 6px 18px; }}
QPushButton[role="primary"]:hover {{ background: #7ee4c6; }}
QPushButton[role="primary"]:focus {{ border-color: {text}; }}
QPushButton[role="primary"]:disabled {{ background: {raised}; color: {faint}; border-color: {line}; }}
QLabel[role="problem"] {{ color: {wound}; }}
QFrame[role="drop"] {{ background: {ground}; border: 2px dashed {line}; border-radius: 10px; }}
"""


def sheet_style() -> str:
    """The Qt style sheet with the palette's colours filled in."""
    return LOOK + _SHEET.format(**vars(COLOURS))
