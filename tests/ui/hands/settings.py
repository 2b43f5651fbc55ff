"""What tests' hands do on the settings' sheet."""

import json

from PySide6.QtWidgets import QComboBox

from synth.device.devices import Device
from ui.shell.main_window import MainWindow

DEVICES = [
    Device(0, "HDA Intel", "ALSA", 48000, False),
    Device(1, "pulse", "ALSA", 44100, True),
    Device(2, "system", "JACK", 96000, False),
]


def pick(box: QComboBox, value: object) -> None:
    """Choose an entry as a hand does."""
    index = box.findData(value)
    assert index >= 0, f"{value} is not offered by {box.accessibleName()}"
    box.setCurrentIndex(index)
    box.activated.emit(index)


def offers(box: QComboBox) -> list[object]:
    return [box.itemData(i) for i in range(box.count())]


def stored(win: MainWindow) -> dict[str, object]:
    """What the next start will find."""
    win.settings._writer.submit(lambda: None).result()
    found: dict[str, object] = json.loads(win.settings.path.read_text())
    return found
