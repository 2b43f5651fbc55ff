"""What can be done with one control: lock it, put it back, let a MIDI controller move it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from ui.look.shortcuts import on_key
from ui.widgets.spin_menu import SpinBox


@dataclass(frozen=True)
class Offer:
    """What there is to do with a control."""

    id: str
    may_lock: bool
    """False for a control that no preset sets: it has neither lock nor preset's value."""
    locked: bool
    differs: bool
    """True when it stands elsewhere than the preset says."""
    controller: str
    """The MIDI controller that moves it, or ""."""
    waits: bool
    """True while it waits for a MIDI controller."""
    sources: tuple[tuple[str, str, bool], ...] = ()
    """What may move it by itself: id, name, and whether it does; none for a control that cannot be moved so."""


class KnobMenu(QMenu):
    """One menu for all controls: it is told whose it is when it opens, by a right click or the menu key."""

    lock_asked = Signal(str)
    """The lock of this control is to change."""
    revert_asked = Signal(str)
    default_asked = Signal(str)
    learn_asked = Signal(str)
    """This control waits for a MIDI controller, or waits no longer."""
    forget_asked = Signal(str)
    modulate_asked = Signal(str, str)
    """This source shall move this control, or move it no longer."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._id = ""
        self.lock = self._add("Lock: keep this value when another preset is loaded\tCtrl+Shift+L", self.lock_asked.emit)
        self.lock.setCheckable(True)
        self.addSeparator()
        self.revert = self._add("The preset’s value", self.revert_asked.emit)
        self.default = self._add("The default value\tDel", self.default_asked.emit)
        self.addSeparator()
        self.modulate = QMenu("Modulate by", self)
        self.addMenu(self.modulate)
        self.addSeparator()
        self.learn = self._add("", self.learn_asked.emit)
        self.forget = self._add("", self.forget_asked.emit)

    def _add(self, text: str, ask: Callable[[str], object]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda: ask(self._id))
        self.addAction(action)
        return action

    def prepare(self, offer: Offer) -> list[QAction]:
        """Be this control's menu; the part of it that is about MIDI, for a control that has a menu of its own."""
        self._id = offer.id
        self.lock.setVisible(offer.may_lock)
        self.lock.setChecked(offer.locked)
        self.revert.setVisible(offer.may_lock)
        self.revert.setEnabled(offer.differs)
        wait = "Stop waiting for a MIDI controller" if offer.waits else "Learn MIDI controller"
        self.learn.setText(f"{wait}\tCtrl+Shift+M")
        self.forget.setText(f"Forget {offer.controller}")
        self.forget.setVisible(bool(offer.controller))
        self._offer_sources(offer)
        return [self.learn, self.forget]

    def _offer_sources(self, offer: Offer) -> None:
        self.modulate.menuAction().setVisible(bool(offer.sources))
        self.modulate.clear()
        for id, name, moves in offer.sources:
            action = QAction(name, self.modulate)
            action.setCheckable(True)
            action.setChecked(moves)
            action.triggered.connect(lambda _=False, id=id: self.modulate_asked.emit(id, self._id))
            self.modulate.addAction(action)

    def open_for(self, offer: Offer, at: QPoint) -> None:
        """Open it for this control."""
        self.prepare(offer)
        self.popup(at)


def _prepared(menu: KnobMenu, offer: Callable[[str], Offer], id: str) -> list[QAction]:
    return menu.prepare(offer(id))


def attach(menu: KnobMenu, panel: QWidget, controls: Mapping[str, QWidget], offer: Callable[[str], Offer]) -> None:
    """Open the menu where a control is clicked, and let its keys mean the control that has the keyboard.

    `controls` are by id; `offer` says what there is to do with one. A box for text keeps the menu of a text.
    """
    for id, control in controls.items():
        if isinstance(control, SpinBox):
            control.more_actions = partial(_prepared, menu, offer, id)
        else:
            control.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            control.customContextMenuRequested.connect(
                lambda at, id=id, control=control: menu.open_for(offer(id), control.mapToGlobal(at))
            )

    def ask(asked: SignalInstance) -> None:
        for id, control in controls.items():
            if control.hasFocus():
                asked.emit(id)

    on_key(panel, "Ctrl+Shift+L", lambda: ask(menu.lock_asked))
    on_key(panel, "Ctrl+Shift+M", lambda: ask(menu.learn_asked))
