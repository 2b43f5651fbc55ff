"""The tempo: typed, dragged or tapped, or that of a MIDI clock."""

import time
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from ui.perform.tap_tempo import TapTempo
from ui.widgets.knob import Knob
from ui.widgets.tool_button import tool_button

_WIDTH = 128


class TempoBox(QFrame):
    """Holds two of the control panel's widgets, which stay connected to it, and a button to tap."""

    tapped = Signal(float)
    """The taps beat this tempo, in beats per minute."""

    def __init__(
        self,
        tempo: Knob,
        follow: QToolButton,
        now_s: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        """`follow` is down while the tempo is that of a MIDI clock."""
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._taps, self._now_s = TapTempo(), now_s
        self.tempo, self.follow = tempo, follow
        self.tap = tool_button(
            "Tap", "Tap the tempo", "Tap the tempo: twice or more, in time (M); after a pause it begins anew", "M",
            role="small",
        )  # fmt: skip
        # When the finger comes down, not when it comes up.
        self.tap.pressed.connect(self._tap)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 8, 8, 8)
        whole.setSpacing(4)
        tempo.setFixedWidth(_WIDTH)
        whole.addWidget(tempo)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        follow.setProperty("role", "small")
        for button in (self.tap, follow):
            button.setFixedHeight(24)
            buttons.addWidget(button, 1)
        whole.addLayout(buttons)
        self._told = ""
        self.show_clock(None, follows=False)

    def show_clock(self, port: str | None, *, follows: bool) -> None:
        """Whether a MIDI clock is followed, and the port that one comes from now."""
        heard = "waiting for a MIDI clock" if port is None else f"from “{port}”"
        told = f"MIDI clock, {heard}" if follows else "internal clock"
        if told != self._told:
            self._told = told
            self.follow.setAccessibleDescription(told)
            self.follow.setToolTip(
                f"Tempo and song position of a MIDI clock; now: {told}" if follows or port is None
                else f"Follow the MIDI clock that comes from “{port}”"
            )  # fmt: skip
            for part in (self.tempo, self.tap):
                part.setEnabled(not follows)
            self.follow.setText("MIDI" if not follows or port is not None else "MIDI …")

    def _tap(self) -> None:
        bpm = self._taps.tap(self._now_s())
        if bpm is not None:
            self.tapped.emit(bpm)
