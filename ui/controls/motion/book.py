"""The routes of what plays, changed by the hand: says what was before and after, so that it can be undone."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from synth.instrument.modulation.routes import natural_route
from synth.instrument.modulation.sources import SOURCES
from synth.instrument.parameters.table import PARAMETERS
from synth.presets.routes import N_PLACES, Region, Route
from ui.controls.motion.model import Motion, target_text

NEW_DEPTH = 0.5
"""Of a route that was just made."""


class MotionBook(QObject):
    """Holds a `Motion`; parts of the window change it here and follow `shown`."""

    changed = Signal(str, object, object)
    """The hand changed it: what it did, in words, and the `Motion` before and after."""
    shown = Signal()
    """It is another one than before, whoever changed it."""
    refused = Signal(str)
    differs = Signal(bool)
    """Whether it is another than the preset's."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.motion = Motion()
        self.base = Motion()
        """What the preset says."""
        self.source = "macro1"
        """The source that was chosen last: of several routes to a knob, that of this one is drawn by hand."""

    def show_motion(self, motion: Motion) -> None:
        """It is this now, without anything to undo."""
        if motion != self.motion:
            self.motion = motion
            self.shown.emit()
            self.differs.emit(self.is_different)

    def show_base(self, base: Motion) -> None:
        """The preset says so."""
        self.base = base
        self.differs.emit(self.is_different)

    @property
    def is_different(self) -> bool:
        """True where it is not what the preset says."""
        return self.motion != self.base

    def choose(self, source: str) -> None:
        """Show and draw the routes of this source from now on."""
        if source != self.source:
            self.source = source
            self.shown.emit()

    def add(self, source: str, parameter: str, depth: float = NEW_DEPTH) -> int | None:
        """Make a route, or change the depth of the one there is; its place, None where there is no room."""
        place = self.place_of(source, parameter)
        if place is not None:
            self.set_depth(place, depth)
            return place
        place = self.motion.routes.free_place()
        if place is None:
            self.refused.emit(f"All {N_PLACES} routes are taken: delete one in their list first (Ctrl+Shift+C).")
            return None
        self.source = source
        words = f"{self.motion.name_of(source)} to {target_text(parameter)}"
        self._set(words, place, natural_route(source, parameter, depth))
        return place

    def toggle(self, source: str, parameter: str) -> None:
        """Make a route, or delete the one there is."""
        place = self.place_of(source, parameter)
        if place is None:
            self.add(source, parameter)
        else:
            self.remove(place)

    def offers(self, parameter: str) -> tuple[tuple[str, str, bool], ...]:
        """Sources that may move a control: id, name, and whether it does; macros first, none where nothing can."""
        if not PARAMETERS[parameter].modulatable:
            return ()
        order = sorted(SOURCES, key=lambda id: not id.startswith("macro"))
        return tuple((id, self.motion.name_of(id), self.place_of(id, parameter) is not None) for id in order)

    def place_of(self, source: str, parameter: str) -> int | None:
        """Where the first route between these is; None where there is none."""
        return next((place for place, route in self.motion.routes.of(parameter) if route.source == source), None)

    def in_hand(self, parameter: str) -> int | None:
        """The route that a hand on this control's ring draws: the chosen source's, else the first."""
        chosen = self.place_of(self.source, parameter)
        return chosen or next((place for place, _ in self.motion.routes.of(parameter)), None)

    def set_depth(self, place: int, depth: float) -> None:
        """Draw a route further or less far."""
        self.edit(place, "depth", depth=min(max(round(depth, 3), -1.0), 1.0))

    def edit(self, place: int, what: str, **fields: object) -> None:
        """Change a route's fields; `what` names them."""
        route = self.motion.routes.at(place)
        if route is not None:
            words = f"{self.motion.name_of(route.source)} to {target_text(route.parameter)}, {what}"
            self._set(words, place, replace(route, **fields))  # type: ignore[arg-type]

    def remove(self, place: int) -> None:
        """No route there any more."""
        route = self.motion.routes.at(place)
        if route is not None:
            self._set(f"Delete {self.motion.name_of(route.source)} to {target_text(route.parameter)}", place, None)

    def name_macro(self, macro: str, name: str) -> None:
        """The player calls it so."""
        self._change("Name of a macro", self.motion.called(macro, name))

    def set_region(self, region: Region) -> None:
        """The sources of the culture follow this part of it."""
        self._change("Region of the culture", replace(self.motion, region=region))

    def _set(self, words: str, place: int, route: Route | None) -> None:
        self._change(words, replace(self.motion, routes=self.motion.routes.with_route(place, route)))

    def _change(self, words: str, after: Motion) -> None:
        before = self.motion
        if before != after:
            self.show_motion(after)
            self.changed.emit(words, before, after)
