"""Modulation between the Motion page, the culture, the list of routes and what the engine tells."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from synth.instrument.events import View
from synth.presets.routes import Region
from ui.controls.motion.drag import SourceDrag
from ui.controls.motion.route_sheet import RouteSheet
from ui.controls.pages.motion import MotionPage
from ui.culture.region_drawer import RegionDrawer
from ui.window.parts import Parts

_DRAW = "Draw the region: drag a rectangle over the culture, or move with the arrows and press Enter at two corners."
_ABOUT = "region"


class MotionDesk(QObject):
    """Connects what belongs to modulation; the routes' way to the engine and their undo are the control desk's."""

    def __init__(self, parts: Parts, window: QWidget) -> None:
        super().__init__(window)
        self._controls, self._banner = parts.controls, parts.banner
        self.book = book = parts.controls.motion
        self.sheet = RouteSheet(book, window)
        self.drag = SourceDrag(book, parts.controls, parts.controls.rings.show)
        self.drawer = RegionDrawer(parts.culture)
        self.drawer.drawn.connect(book.set_region)
        self.drawer.ended.connect(lambda: self._banner.settle(_ABOUT))
        page = parts.controls.pages.pages.get("motion")
        assert isinstance(page, MotionPage)
        self.page = page
        page.list_asked.connect(self.sheet.open)
        page.draw_asked.connect(self._draw)
        page.macros.done.connect(parts.controls.done)
        for id, chip in page.chips.items():
            chip.carried.connect(lambda at, id=id: self.drag.begin(id, at))
        book.shown.connect(self._show_region)
        book.refused.connect(parts.banner.complain)
        parts.controls.pages.page_shown.connect(self._show_region)

    def show_view(self, view: View) -> None:
        """Levels of the sources and present values of what they move, where they can be seen."""
        self._controls.rings.show_present(view.motion.values)
        if self.page.isVisible():
            self.page.show_levels(view.motion.sources)

    def _draw(self) -> None:
        self.drawer.begin()
        self._banner.say(_DRAW, about=_ABOUT)

    def _show_region(self) -> None:
        """On the Motion page one sees which part of the culture is followed."""
        region = self.book.motion.region
        shown = self._controls.pages.page == "motion" and region != Region()
        self.drawer.show_region(region if shown else None)
