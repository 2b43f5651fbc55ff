"""How the window looks: one dark palette, one style sheet."""

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True)
class Colours:
    """Named colours, so that widgets that paint themselves agree with the style sheet."""

    ground: str = "#0d1015"
    panel: str = "#151a21"
    raised: str = "#1e252e"
    hover: str = "#28313c"
    line: str = "#2b343f"
    text: str = "#dbe2ea"
    dim: str = "#8b97a6"
    faint: str = "#7f8b9a"
    accent: str = "#5fd6b4"
    accent_dark: str = "#1d4a41"
    wound: str = "#ff7d5e"
    record: str = "#ff5a5f"
    left: str = "#7fc8ff"
    right: str = "#ffc06e"


COLOURS = Colours()

_FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "DejaVu Sans"]

_SHEET = """
* {{ outline: none; }}
QMainWindow, QWidget#central {{ background: {ground}; }}
QWidget {{ color: {text}; }}
QLabel[role="dim"] {{ color: {dim}; }}
QLabel[role="section"] {{ color: {dim}; font-size: 8pt; font-weight: 600; letter-spacing: 1px; }}
QLabel[role="name"] {{ font-size: 13pt; font-weight: 600; }}
QLabel[role="brand"] {{ font-size: 12pt; font-weight: 600; color: {accent}; letter-spacing: 1px; }}
QFrame[role="panel"] {{ background: {panel}; border: 1px solid {line}; border-radius: 8px; }}
QFrame[role="bar"] {{ background: {panel}; border: none; border-bottom: 1px solid {line}; }}
QFrame[role="foot"] {{ background: {panel}; border: none; border-top: 1px solid {line}; }}
QPushButton, QToolButton {{ background: {raised}; border: 1px solid {line}; border-radius: 6px;
    padding: 5px 10px; }}
QPushButton:hover, QToolButton:hover {{ background: {hover}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {line}; }}
QPushButton:checked, QToolButton:checked {{ background: {accent_dark}; border-color: {accent};
    color: {accent}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {accent}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {faint}; }}
QToolButton[role="sign"] {{ padding: 5px 6px; }}
QToolButton[role="icon"] {{ padding: 0; font-size: 12pt; }}
QToolButton[role="tight"] {{ padding: 5px 6px; }}
QToolButton[role="small"] {{ padding: 0; font-size: 7.5pt; }}
QToolButton[role="micro"] {{ padding: 0 4px; font-size: 8pt; border-radius: 5px; }}
QToolButton[role="letter"] {{ padding: 0; font-size: 8pt; border-radius: 5px; }}
QToolButton[role="light"] {{ padding: 0; font-size: 7.5pt; border-radius: 4px; color: {faint}; }}
QToolButton[role="light"][lit="true"] {{ background: {record}; border-color: {record}; color: {ground}; }}
QFrame[role="divider"] {{ background: {line}; border: none; }}
QFrame[role="effect"] {{ background: {ground}; border: 1px solid {line}; border-radius: 7px; }}
QToolButton[role="chip"] {{ padding: 2px 7px; border-radius: 11px; font-size: 8pt; color: {dim}; }}
QToolButton[role="chip"]:checked {{ color: {accent}; }}
QFrame#namebar {{ background: {raised}; border: 1px solid {line}; border-radius: 6px; }}
QRadioButton[role="tab"], QRadioButton[role="part"] {{ color: {dim}; border: 1px solid transparent; border-radius: 6px;
    padding: 2px 11px; spacing: 0; }}
QRadioButton[role="tab"] {{ font-weight: 600; }}
QRadioButton[role="part"] {{ font-size: 8.5pt; padding: 2px 8px; }}
QRadioButton[role="tab"]::indicator, QRadioButton[role="part"]::indicator {{ width: 0; height: 0; }}
QRadioButton[role="tab"]:hover, QRadioButton[role="part"]:hover {{ background: {hover}; color: {text}; }}
QRadioButton[role="tab"]:checked {{ background: {accent_dark}; color: {accent}; }}
QRadioButton[role="part"]:checked {{ background: {raised}; color: {text}; }}
QRadioButton[role="tab"]:focus, QRadioButton[role="part"]:focus {{ border-color: {accent}; }}
QLabel[role="warn"] {{ color: {right}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QPushButton#play {{ font-weight: 600; min-width: 56px; }}
QPushButton#play:checked {{ background: {accent}; color: {ground}; border-color: {accent}; }}
QPushButton#record {{ min-width: 68px; }}
QPushButton#record:checked {{ background: #4a1d22; border-color: {record}; color: {record}; }}
QLineEdit {{ background: {ground}; border: 1px solid {line}; border-radius: 6px;
    padding: 4px 8px; selection-background-color: {accent_dark}; }}
QLineEdit:focus {{ border-color: {accent}; }}
QLineEdit[bad="true"] {{ border-color: {record}; }}
QCheckBox {{ spacing: 8px; padding: 3px 6px; border: 1px solid transparent; border-radius: 6px; }}
QCheckBox:focus {{ border-color: {accent}; }}
QCheckBox:disabled {{ color: {faint}; }}
QCheckBox::indicator, QListWidget::indicator {{ width: 12px; height: 12px; border-radius: 3px;
    border: 1px solid {dim}; background: {ground}; }}
QCheckBox::indicator:checked, QListWidget::indicator:checked {{ background: {accent}; border-color: {accent}; }}
QCheckBox::indicator:disabled, QListWidget::indicator:disabled {{ border-color: {line}; background: {panel}; }}
QSpinBox {{ background: {ground}; border: 1px solid {line}; border-radius: 6px; padding: 0 0 0 2px; }}
QSpinBox:focus {{ border-color: {accent}; }}
QSpinBox QLineEdit {{ border: none; padding: 0px; background: transparent; }}
QSpinBox::up-button, QSpinBox::down-button {{ background: transparent; border: none; width: 16px; }}
QSpinBox::up-arrow, QSpinBox::down-arrow {{ image: none; width: 0; height: 0; }}
QListWidget {{ background: transparent; border: none; }}
QMenu {{ background: {raised}; border: 1px solid {line}; border-radius: 6px; padding: 5px; }}
QMenu::item {{ padding: 5px 22px; border-radius: 4px; }}
QMenu::item:selected {{ background: {accent_dark}; color: {accent}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px 6px; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {line}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none;
    height: 0; }}
QFrame#tour {{ background: #203039; border: 1px solid #35505c; border-radius: 6px; }}
QLabel#more {{ background: #203039; border-radius: 6px; padding: 2px 8px; }}
QFrame#banner {{ background: #203039; border: 1px solid #35505c; border-radius: 8px; }}
QFrame#banner[urgent="true"] {{ background: #3a1f20; border-color: #7a3b38; }}
QFrame#banner QToolButton {{ background: transparent; border: none; padding: 2px 7px; font-size: 12pt; }}
QFrame#banner QToolButton:hover, QFrame#banner QToolButton:focus {{ color: {accent}; }}
"""


def style_sheet() -> str:
    """The Qt style sheet with the palette's colours filled in."""
    return _SHEET.format(**vars(COLOURS))


def apply_theme(app: QApplication) -> None:
    """Dress the application: Fusion, which looks alike on all systems, then palette, font and style sheet.

    An application that is dressed already is left as it is: a new style sheet restyles every widget there is.
    """
    if app.styleSheet() == style_sheet():
        return
    app.setStyle("Fusion")
    font = QFont()
    font.setFamilies(_FAMILIES)
    font.setPointSizeF(9.5)
    app.setFont(font)
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, COLOURS.ground),
        (QPalette.ColorRole.Base, COLOURS.ground),
        (QPalette.ColorRole.AlternateBase, COLOURS.panel),
        (QPalette.ColorRole.Button, COLOURS.raised),
        (QPalette.ColorRole.WindowText, COLOURS.text),
        (QPalette.ColorRole.Text, COLOURS.text),
        (QPalette.ColorRole.ButtonText, COLOURS.text),
        (QPalette.ColorRole.ToolTipBase, COLOURS.raised),
        (QPalette.ColorRole.ToolTipText, COLOURS.text),
        (QPalette.ColorRole.Highlight, COLOURS.accent_dark),
        (QPalette.ColorRole.HighlightedText, COLOURS.accent),
        (QPalette.ColorRole.PlaceholderText, COLOURS.faint),
    ):
        palette.setColor(role, QColor(colour))
    app.setPalette(palette)
    app.setStyleSheet(style_sheet())
