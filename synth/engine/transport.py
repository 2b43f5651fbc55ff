"""Play and Stop: they hold and end the drone. Notes sound whether or not it is held.

While nothing is held and no note sounds the master is closed and the drone at rest; a note opens the master in the very
piece of a frame that it begins in. Owned by the engine's thread.
"""

import numpy as np

from synth.instrument.events import HoldDrone
from synth.instrument.instrument import Instrument
from synth.output.master import Master
from synth.saved_arrays import SavedArrays, fitted

_REST_S = 10.0
"""Silence after the last note before the master closes: longer than any effect's tail that would be missed."""


class Transport:
    """Whether the drone is held, and with it the master's fades."""

    def __init__(self, master: Master, held: bool, again: bool = False) -> None:
        """`again` after an interruption that was no Stop: fade in quickly."""
        self._master = master
        self.held = held
        """True from Play to Stop."""
        self._silent_s, self._left = 0.0, False
        if held:
            master.play(again=again)

    def save(self) -> SavedArrays:
        """A copy of its state between two blocks; the master has its own."""
        return {"state": np.array([self.held, self._left, self._silent_s], np.float64)}

    def restore(self, saved: SavedArrays) -> None:
        """Go on from what was saved; `KeyError` or `ValueError` names what does not fit."""
        held, left, self._silent_s = fitted(saved, "state", (3,), np.float64).tolist()
        self.held, self._left = held > 0, left > 0

    def play(self) -> None:
        """Fade the drone in."""
        self.held = True
        self._master.play()

    def stop(self, instrument: Instrument) -> None:
        """Fade the drone out; notes that sound go on."""
        self.held = False
        if instrument.voices.silent:
            self._master.stop()

    def farewell(self) -> None:
        """Fade everything out, for good."""
        self._left = True
        self._master.stop(for_good=True)

    def before(self, instrument: Instrument) -> None:
        """A block is about to be computed."""
        held, alone = instrument.drone_level.target > 0, instrument.voices.silent
        wanted = self.held or (held and alone and not self._master.silent)
        if held != wanted:
            # The master fades all there is; beside notes the drone has a fade of its own.
            controls = self._master.controls
            instrument.do(HoldDrone(wanted, 0.0 if alone else controls["fade_in_s" if wanted else "fade_out_s"]))

    def after(self, instrument: Instrument, frame_s: float) -> None:
        """A frame was computed and is about to pass the master, but for the notes that begin in it."""
        if self.held or self._left:
            return
        if not instrument.voices.silent:
            self.hear(instrument)
        elif self._master.playing and not instrument.drone:
            self._silent_s += frame_s
            if self._silent_s >= _REST_S:
                self._master.stop()

    def hear(self, instrument: Instrument) -> None:
        """Notes came in the frame that is open, and what follows of it is about to pass the master."""
        if self.held or self._left or instrument.voices.silent:
            return
        self._silent_s = 0.0
        if self._master.silent:
            self._master.open()
        else:
            self._master.play(again=True)
