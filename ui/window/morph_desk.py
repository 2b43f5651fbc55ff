"""Which preset is morphed to: asks for it, hands it to the engine, shows what the engine says of it."""

from pathlib import Path

from PySide6.QtCore import QObject

from synth.engine.protocol import EngineControl, Status
from synth.instrument.events import EndMorph
from synth.instrument.morph.partner import Partner
from ui.controls.morph_strip import MorphStrip
from ui.presets.loader import Loader
from ui.window.parts import Parts


class MorphDesk(QObject):
    """Between the browser, the loader, the strip below the culture, and the engine."""

    def __init__(self, engine: EngineControl, loader: Loader, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._engine, self._loader, self._parts = engine, loader, parts
        knobs = parts.controls.knobs
        self.strip = MorphStrip(knobs["morph"], knobs["morph_map"])
        parts.add_below_culture(self.strip)
        self.strip.end_asked.connect(lambda: engine.send(EndMorph()))
        self.strip.painting.connect(self._paint)
        parts.presets.morph_asked.connect(self.ask)
        loader.partnered.connect(self._begin)
        loader.unfit.connect(lambda problem: parts.banner.complain(problem, about="morph"))

    def ask(self, path: Path) -> None:
        """Prepare this preset beside what plays, which goes on."""
        self._loader.request_partner(path, self._engine.present)

    def show_status(self, status: Status) -> None:
        """What is played now."""
        # The engine knows it by the name it was loaded with.
        self.strip.show_morph(self._parts.header.name.text(), status.morph)

    def _begin(self, partner: Partner) -> None:
        # The knob stands where the sound is: all of it the first preset's.
        self._parts.controls.take({"morph": 0.0})
        self._parts.banner.settle("morph")
        self._engine.morph(partner)

    def _paint(self, second: bool | None) -> None:
        self._parts.culture.hand.second = second
