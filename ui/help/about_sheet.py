"""Shift+F1: which Petrichord this is, under what licence, and to whom it owes its sounds and its code."""

import threading
from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from synth import __version__
from synth.presets.credits import PACKAGES, read_credit
from synth.presets.model import Credit
from ui.help.overlay import scrolled
from ui.widgets.sheet import Sheet

_MOST_WIDTH, _MOST_HEIGHT, _MARGIN = 820, 620, 40


class AboutSheet(Sheet):
    """Credits are read, by a thread, when it is first opened and whenever presets have come or gone."""

    _read = Signal(object)

    def __init__(self, parent: QWidget, paths: Callable[[], list[Path]]) -> None:
        super().__init__("About Petrichord", parent)
        self._paths = paths
        self._shown: list[Path] = []
        self._reader: threading.Thread | None = None
        intro = QLabel(
            f"Petrichord {__version__}: a synthesizer whose oscillator is a neural cellular automaton. Free "
            "software under the MIT licence, © 2026 the Petrichord authors; it comes without any warranty."
        )
        intro.setWordWrap(True)
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setAccessibleName("Credits")
        self.area = scrolled(self.text, "Licences and credits")
        self.body.addWidget(intro)
        self.body.addWidget(self.area, 1)
        self._read.connect(self._show)

    def cover(self) -> None:
        super().cover()
        self.paper.setFixedSize(min(_MOST_WIDTH, self.width() - _MARGIN), min(_MOST_HEIGHT, self.height() - _MARGIN))

    def open(self) -> None:
        super().open()
        self.area.setFocus(Qt.FocusReason.OtherFocusReason)
        paths = self._paths()
        if paths != self._shown and (self._reader is None or not self._reader.is_alive()):
            self._shown = paths
            self._reader = threading.Thread(target=self._work, args=(paths,), name="credits", daemon=True)
            self._reader.start()

    def close_reader(self) -> None:
        """Wait for the thread that still reads."""
        if self._reader is not None:
            self._reader.join(2.0)

    def _work(self, paths: list[Path]) -> None:
        self._read.emit([found for path in paths if (found := read_credit(path)) is not None])

    def _show(self, credits: list[tuple[str, Credit]]) -> None:
        recordings = [
            f"<b>{escape(name)}</b> – {escape(credit.recording)}, {escape(credit.author)} ({escape(credit.licence)})"
            for name, credit in credits
        ]
        software = [
            f"<b>{escape(made.name)}</b> {escape(made.version)} – {escape(made.by)} ({escape(made.licence)})"
            for made in PACKAGES
        ]
        self.text.setText(
            "<p>The culture is a texture neural cellular automaton after Niklasson, Mordvintsev, Randazzo and Levin "
            "(Distill, 2021); the embedded vocoder follows Serra and Smith's spectral modelling synthesis (1990). "
            "BigVGAN and its published checkpoints are © NVIDIA Corporation, MIT licence; none is included.</p>"
            f"<h4>Recordings the presets grew from</h4><p>{'<br>'.join(recordings)}</p>"
            f"<h4>Software</h4><p>{'<br>'.join(software)}</p>"
        )
