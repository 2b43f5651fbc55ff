"""What moves which control, as the window holds it beside the controls' values. Knows neither Qt nor the engine.

The session is read before torch is imported, which takes a second: nothing here needs it.
"""

from dataclasses import dataclass, field, replace

from synth.instrument.modulation.sources import N_MACROS, SOURCES
from synth.instrument.parameters.table import PARAMETERS
from synth.presets.routes import Region, Route, Routes

LONGEST_NAME = 24
"""Characters of a macro's name."""
_MACROS = [f"macro{n}" for n in range(1, N_MACROS + 1)]
_SHORT = {
    "culture_activity": "Activity",
    "culture_strength": "Strength",
    "follower": "Level",
    "bend": "Bend",
    "envelope2": "Env 2",
}
_UNNAMED = ("",) * N_MACROS


@dataclass(frozen=True)
class Motion:
    """Routes, the region that sources follow of the culture, and what the player calls the macros."""

    routes: Routes = field(default_factory=Routes)
    region: Region = field(default_factory=Region)
    macro_names: tuple[str, ...] = _UNNAMED
    """One for each macro; "" for one without a name."""

    def called(self, macro: str, name: str) -> "Motion":
        """The same with another name for a macro."""
        names = list(self.macro_names)
        names[_MACROS.index(macro)] = " ".join(name.split())[:LONGEST_NAME]
        return replace(self, macro_names=tuple(names))

    def called_of(self, source: str) -> str:
        """What the player calls a source, or ""."""
        return self.macro_names[_MACROS.index(source)] if source in _MACROS else ""

    def name_of(self, source: str) -> str:
        """What a source is called in lists."""
        return self.called_of(source) or (SOURCES[source].label if source in SOURCES else source)

    def short_name_of(self, source: str) -> str:
        """What fits on a chip."""
        return _SHORT.get(source) or self.name_of(source)


def names_of(stored: tuple[str, ...]) -> tuple[str, ...]:
    """As many names as there are macros, from a file that may have another number of them."""
    return (*stored, *_UNNAMED)[:N_MACROS]


def span(route: Route) -> tuple[float, float]:
    """How far below and above where a control stands a route moves it, as shares of the control's range."""
    ends = (-route.depth, route.depth) if route.polarity == "bipolar" else (0.0, route.depth)
    return min(ends), max(ends)


def depth_text(route: Route) -> str:
    """A route's depth, as people read it."""
    sign = "±" if route.polarity == "bipolar" and route.depth >= 0 else ""
    number = f"{round(100 * route.depth)}" if sign else f"{round(100 * route.depth):+}"
    return f"{sign}{number} %".replace("-", "−")


def target_text(parameter: str) -> str:
    """A parameter's name in lists; one of a later version by its id."""
    return PARAMETERS[parameter].label if parameter in PARAMETERS else parameter
