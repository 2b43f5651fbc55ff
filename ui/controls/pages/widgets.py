"""What the control panel hands to a page that lays itself out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QToolButton, QWidget

from synth.instrument.parameters.parameter import Page, Parameter
from synth.instrument.parameters.table import PARAMETERS
from ui.controls.knob_menu import KnobMenu
from ui.controls.motion.book import MotionBook
from ui.widgets.knob import Knob
from ui.widgets.slider import Slider

_SLIDER_WIDTH = 112


@dataclass(frozen=True)
class PanelWidgets:
    """Every control that the panel made from the table, by its parameter's id; each belongs on one page.

    They are connected already: a layout places them, and needs to listen to none of them.
    """

    knobs: Mapping[str, Knob]
    """Knobs and sliders, whichever the row asks for."""
    switches: Mapping[str, QToolButton]
    notes: Mapping[str, QWidget]
    """Boxes in which a note is chosen."""
    menu: KnobMenu
    """What a right click on any of them opens."""
    motion: MotionBook
    """What moves the controls by itself."""
    beside: Mapping[str, tuple[QWidget, ...]]
    """Buttons that stand in a group and are no parameters, by the group's title."""
    turn: Callable[[str, Mapping[str, float]], None]
    """Moves several controls to values by id, as one step of undo of this name."""

    def of(self, parameter: Parameter) -> QWidget:
        """The widget of a row of the table."""
        for made in (self.knobs, self.switches, self.notes):
            if parameter.id in made:
                return made[parameter.id]
        raise KeyError(parameter.id)

    @staticmethod
    def rows(page: Page) -> list[Parameter]:
        """The rows of a page, in the table's order."""
        return [p for p in PARAMETERS.values() if p.display.page == page]


class PageWidget(QWidget):
    """One page. A page with a layout of its own may be any `PageWidget` and size its controls as it likes in `fit`."""

    def show_values(self, values: Mapping[str, float]) -> None:
        """All controls stand at these now: show what knobs and switches do not show by themselves."""

    def fit(self, side: int) -> None:
        """A knob should be `side` pixels wide in a window of this size: size what is on the page by it."""
        for knob in self.findChildren(Knob):
            if isinstance(knob, Slider):
                knob.setFixedWidth(round(_SLIDER_WIDTH * max(1.0, side / 60)))
            else:
                knob.set_side(side)
