"""Pages that are laid out by a widget of their own; every other page shows its groups side by side."""

from collections.abc import Callable

from synth.instrument.parameters.parameter import Page
from ui.controls.pages.effects import EffectsPage
from ui.controls.pages.motion import MotionPage
from ui.controls.pages.widgets import PageWidget, PanelWidgets

PAGE_LAYOUTS: dict[Page, Callable[[PanelWidgets], PageWidget]] = {"motion": MotionPage, "effects": EffectsPage}
"""Makes the page from the knobs and switches that the panel made of the table; `ControlPanel.page` finds it again."""
