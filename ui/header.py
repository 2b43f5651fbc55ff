"""The bar at the top: transport, what plays, meter, output and help."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from synth.notation import note_name
from synth.preset import Preset
from ui.axes import nearest_note
from ui.device_menu import DeviceMenu
from ui.elided_label import ElidedLabel
from ui.meter import Meter
from ui.shortcuts import click_on_key
from ui.transport import Transport


class Header(QFrame):
    """Left what is done, in the middle what plays, right where it goes."""

    def __init__(
        self, list_outputs: Callable[[], list[str]], device: str | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._facts = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(14)
        brand = QLabel("petrichord")
        brand.setProperty("role", "brand")
        row.addWidget(brand)
        self.transport = Transport()
        row.addWidget(self.transport, 8)
        names = QVBoxLayout()
        names.setSpacing(0)
        self.name = ElidedLabel()
        self.name.setProperty("role", "name")
        self.name.setAccessibleName("Preset")
        self.about = ElidedLabel()
        self.about.setProperty("role", "dim")
        self.about.setAccessibleName("About the preset")
        for label in (self.name, self.about):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            names.addWidget(label)
        row.addLayout(names, 4)
        self.meter = Meter()
        row.addWidget(self.meter, 3)
        self.devices = DeviceMenu(list_outputs, device)
        row.addWidget(self.devices)
        self.help = QToolButton()
        self.help.setText("?")
        self.help.setToolTip("Shortcuts and credits (F1)")
        self.help.setAccessibleName("Help")
        click_on_key(self.help, "F1")
        self.help.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        row.addWidget(self.help)

    def show_preset(self, preset: Preset) -> None:
        """Name what plays."""
        self.name.setText(preset.name)
        facts = [*preset.tags[:3]]
        if preset.root_hz > 0:
            note, cents = nearest_note(preset.root_hz)
            facts.insert(0, f"{note_name(note)} {cents:+.0f} ct".replace("-", "−"))
        self._facts = " · ".join(facts)
        self.about.setText(self._facts)
        credit = preset.credit
        self.about.setToolTip(f"Grown from “{credit.recording}” by {credit.author}, {credit.licence}")

    def show_busy(self, busy: bool) -> None:
        """A preset is being prepared."""
        self.about.setText("loading…" if busy else self._facts)
