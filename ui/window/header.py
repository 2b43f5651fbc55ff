"""The bar at the top: control states, what plays and the way to the next, level, output and help."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from synth.engine.protocol import Status
from synth.presets.model import Preset
from ui.controls.compare_bar import CompareBar
from ui.look.axes import pitch_name
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.level_readout import LevelReadout
from ui.widgets.meter import Meter
from ui.widgets.tool_button import tool_button
from ui.window.device_menu import DeviceMenu

_NAME_WIDTH = 340
_SMALL_NAME = 0.75
"""Of a long name's letters, against their usual size."""
_BRAND_FROM = 1180


class Header(QFrame):
    """Left how all controls stand, in the middle what plays, right where it goes."""

    stepped = Signal(int)
    """The previous (−1) or next (+1) preset is wanted."""

    def __init__(
        self, list_outputs: Callable[[], list[str]], device: str | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._facts = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 12, 6)
        row.setSpacing(8)
        self.brand = QLabel("petrichord")
        self.brand.setProperty("role", "brand")
        row.addWidget(self.brand)
        row.addSpacing(8)
        self.compare = CompareBar()
        row.addWidget(self.compare)
        self.previous = _button("‹", "Previous preset", "Previous preset (Page Up)", "PgUp")
        self.next = _button("›", "Next preset", "Next preset (Page Down)", "PgDown")
        self.previous.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self.like = _button(
            "♥", "Favourite", "Add the preset that plays to your favourites, or remove it (Ctrl+K)", "Ctrl+K"
        )
        self.like.setCheckable(True)
        # No wider than it reads well: the way to the next preset stays beside its name.
        middle = QWidget()
        middle.setMaximumWidth(_NAME_WIDTH)
        names = QVBoxLayout(middle)
        names.setContentsMargins(0, 0, 0, 0)
        names.setSpacing(0)
        self.name = ElidedLabel(smallest=_SMALL_NAME)
        self.name.setProperty("role", "name")
        self.name.setAccessibleName("Preset")
        self.about = ElidedLabel()
        self.about.setProperty("role", "dim")
        self.about.setAccessibleName("About the preset")
        for label in (self.name, self.about):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            names.addWidget(label)
        self._row, self._gaps = row, (row.count(), row.count() + 5)
        row.addStretch(1)
        row.addWidget(self.previous)
        row.addWidget(middle, 5)
        row.addWidget(self.like)
        row.addWidget(self.next)
        row.addStretch(1)
        self.meter = Meter()
        self.meter.setMaximumWidth(320)
        row.addWidget(self.meter, 3)
        self.levels = LevelReadout()
        row.addWidget(self.levels)
        self.devices = DeviceMenu(list_outputs, device)
        row.addWidget(self.devices)
        self.settings = _button("⚙", "Settings", "Audio, engine, vocoder and files (Ctrl+,)", "Ctrl+,")
        row.addWidget(self.settings)
        self.help = _button("?", "Help", "Shortcuts and credits (F1)", "F1")
        row.addWidget(self.help)

    def fit(self, width: int) -> None:
        """A narrow window has no room for the program's name, which its title bar has too, and for gaps."""
        wide = width >= _BRAND_FROM
        self.brand.setVisible(wide)
        for gap in self._gaps:
            self._row.setStretch(gap, int(wide))

    def show_name(self, name: str) -> None:
        """Name what plays."""
        self.name.setText(name)
        self.name.setToolTip(name)

    def show_preset(self, preset: Preset) -> None:
        """What plays, and about it."""
        self.show_name(preset.name)
        facts = [*preset.tags[:3]]
        if preset.root_hz > 0:
            facts.insert(0, pitch_name(preset.root_hz))
        self._facts = " · ".join(facts)
        self.about.setText(self._facts)
        credit = preset.credit
        self.about.setToolTip(f"Grown from “{credit.recording}” by {credit.author}, {credit.licence}")

    def show_levels(self, status: Status, elapsed_s: float) -> None:
        """How loud it is, so many seconds after the last time."""
        self.meter.show_peaks(status.peak_db, elapsed_s)
        self.levels.show_levels(status.peak_db, status.loudness_lufs, status.clipped, status.limiting_db, elapsed_s)

    def show_busy(self, busy: bool) -> None:
        """A preset is being prepared."""
        self.about.setText("loading…" if busy else self._facts)


def _button(text: str, name: str, tip: str, keys: str) -> QToolButton:
    button = tool_button(text, name, tip, keys, role="icon")
    button.setFixedSize(30, 30)
    return button
