"""Shows on every knob what moves it, how far, and where it is moved to now."""

from collections.abc import Mapping

from synth.instrument.modulation.routes import trouble_with
from ui.controls.motion.book import MotionBook
from ui.controls.motion.colours import colour_of
from ui.controls.motion.model import depth_text, span
from ui.widgets.dial.face import Ring
from ui.widgets.knob import Knob


class Rings:
    """Follows the routes; a hand that draws a knob's ring changes the depth of the route it stands for."""

    def __init__(self, book: MotionBook, knobs: Mapping[str, Knob]) -> None:
        self._book, self._knobs = book, knobs
        self._moved: frozenset[str] = frozenset()
        book.shown.connect(self._show)
        for id, knob in knobs.items():
            knob.ring_drawn.connect(lambda by, id=id: self._draw(id, by))

    def rings_of(self, parameter: str) -> list[Ring]:
        """Of the routes to a parameter that are on and can be played: that of the hand's first."""
        in_hand, motion = self._book.in_hand(parameter), self._book.motion
        routes = [(p, r) for p, r in motion.routes.of(parameter) if r.enabled and not trouble_with(r)]
        return [
            Ring(f"{motion.name_of(route.source)} {depth_text(route)}", *span(route), colour_of(route.source))
            for _, route in sorted(routes, key=lambda pair: pair[0] != in_hand)
        ]

    def show(self, parameter: str) -> None:
        """Let a knob show its own rings; the brush's have none, though a source can be dragged over them."""
        if parameter in self._knobs:
            self._knobs[parameter].show_rings(self.rings_of(parameter))

    def show_present(self, values: Mapping[str, float]) -> None:
        """Parameters' values as they are moved now, by id."""
        for id in self._moved:
            self._knobs[id].show_present(values.get(id))

    def _show(self) -> None:
        routed = {route.parameter for _, route in self._book.motion.routes} & self._knobs.keys()
        for id in routed | self._moved:
            self.show(id)
        self._moved = frozenset(routed)

    def _draw(self, parameter: str, by: float) -> None:
        place = self._book.in_hand(parameter)
        route = None if place is None else self._book.motion.routes.at(place)
        if place is not None and route is not None:
            self._book.set_depth(place, route.depth + by)
