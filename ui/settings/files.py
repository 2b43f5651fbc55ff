"""Settings, General: how large everything is, where it lies, and where and how takes are written."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton

from synth.log import log_path
from synth.takes.recorder import default_take_folder
from synth.takes.wav import SAMPLE_FORMATS
from synth.vocoder.bigvgan.folders import user_folder as weights_folder
from ui.files.file_dialog import choose_folder
from ui.files.opening import show_in_system
from ui.settings.desk import SettingsDesk
from ui.settings.form import Form, Page, column, combo, fill, section
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.tool_button import tool_button
from ui.window.geometry import scales_that_fit

_FORMATS = {"pcm16": "16-bit", "pcm24": "24-bit", "float32": "32-bit float"}


class FilesPage(Page):
    """Folders are shown and opened; that of the takes can be chosen."""

    def __init__(self, desk: SettingsDesk) -> None:
        super().__init__("General")
        self._desk = desk
        self.open_folder = show_in_system
        """Replaced by tests: shows a folder in the system's file manager."""
        self.takes = QLineEdit()
        self.takes.setAccessibleName("Folder of takes")
        self.takes.setToolTip("Where takes are written; type a folder and press Enter, empty for the usual one")
        self.takes.setPlaceholderText(str(default_take_folder()))
        self.takes.editingFinished.connect(self._take_typed)
        self.choose = _button("Choose…", "Choose the folder of takes", "Choose where takes are written")
        self.choose.clicked.connect(self._choose)
        self.format = combo("Format of takes", "24-bit is opened everywhere; 32-bit float is exact")
        fill(self.format, [(_FORMATS.get(name, name), name) for name in SAMPLE_FORMATS], desk.settings.take_format)
        self.format.activated.connect(lambda _: desk.change_takes(take_format=self.format.currentData()))
        self.scale = combo("Size of the window's controls", "How large words and controls are, from the next start on")
        offered = scales_that_fit(self.screen().size(), self.devicePixelRatio(), desk.settings.interface_scale)
        fill(
            self.scale, [(f"{scale:.0%}".replace("%", " %"), scale) for scale in offered], desk.settings.interface_scale
        )
        self.scale.activated.connect(lambda _: desk.change(interface_scale=self.scale.currentData()))
        rows = column(self)
        rows.addWidget(section("Window"))
        size = Form()
        size.add("Size", self.scale, hint="From the next start on; the system's own scaling is not touched.")
        rows.addLayout(size)
        rows.addWidget(section("Takes"))
        takes = Form()
        self.opens: dict[str, QToolButton] = {}
        takes.add("Folder", self.takes, self.choose, self._opener("takes", self._takes_folder))
        takes.add("Format", self.format, hint="From the next take on. A take is exactly what the device was sent.")
        rows.addLayout(takes)
        rows.addWidget(section("Where Petrichord keeps things"))
        kept = Form()
        for name, folder in (
            ("Presets", desk.places.presets),
            ("Weights", weights_folder()),
            ("Settings", desk.path.parent),
            ("Logs", log_path().parent),
        ):
            kept.add(name, self._shown(name, folder), self._opener(name.casefold(), partial(_same, folder)))
        rows.addLayout(kept)
        rows.addStretch(1)
        desk.changed.connect(self._show)
        self._show()

    def use_folder(self, folder: Path | None) -> None:
        """Write takes there from now on; None is the usual folder. Said when it cannot be made or written."""
        if folder is not None:
            folder = folder.expanduser()
            problem = _unusable(folder)
            if problem:
                self._desk.refused.emit(problem)
                self._show()
                return
        self._desk.change_takes(take_folder=folder)

    def _take_typed(self) -> None:
        text = self.takes.text().strip()
        wanted = Path(text) if text else None
        if wanted != self._desk.settings.take_folder:
            self.use_folder(wanted)

    def _choose(self) -> None:
        choose_folder(self, "Folder of takes", self._takes_folder(), self.use_folder)

    def _takes_folder(self) -> Path:
        return self._desk.settings.take_folder or default_take_folder()

    def _show(self) -> None:
        folder = self._desk.settings.take_folder
        self.takes.setText("" if folder is None else str(folder))

    def _shown(self, name: str, folder: Path) -> QLabel:
        label = ElidedLabel()
        label.setText(str(folder))
        label.setToolTip(str(folder))
        label.setAccessibleName(f"{name} folder")
        label.setAccessibleDescription(str(folder))
        label.setProperty("role", "dim")
        return label

    def _opener(self, name: str, folder: Callable[[], Path]) -> QToolButton:
        button = _button("Open", f"Open the folder of {name}", f"Show the folder of {name} in the file manager")
        button.clicked.connect(lambda: self._open(folder()))
        self.opens[name] = button
        return button

    def _open(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._desk.refused.emit(f"{folder} cannot be made ({error.strerror}): choose another place.")
            return
        self.open_folder(folder)


def _button(text: str, name: str, tip: str) -> QToolButton:
    return tool_button(text, name, tip, "", role="tight")


def _same(folder: Path) -> Path:
    return folder


def _unusable(folder: Path) -> str:
    """Why takes cannot be written there, in a sentence, or ""."""
    if not folder.is_absolute():
        return f"“{folder}” is not a full path: type one from the root on, or choose a folder."
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{folder} cannot be made ({error.strerror}): choose another folder for takes."
    return "" if os.access(folder, os.W_OK) else f"{folder} cannot be written to: choose another folder for takes."
