"""Settings, MIDI: which ports are listened to, on which channel, whether they send MPE, and what was learned."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QListWidget, QListWidgetItem

from synth.engine.protocol import Status
from synth.midi.mpe import MPE_SETTINGS
from synth.midi.port_process import VIRTUAL_PORT
from synth.midi.ports import PortList
from ui.settings.desk import SettingsDesk
from ui.settings.form import Form, Page, column, combo, fill, put, said, section
from ui.settings.midi.learned_list import LearnedList
from ui.settings.midi.service import MidiService

_MPE = {
    "off": "Off",
    "lower": "Lower zone, channel 1 leads",
    "upper": "Upper zone, channel 16 leads",
    "both": "Two zones",
}
_LIST_HEIGHT = 110


class MidiPage(Page):
    """Follows the ports as they come and go while it is shown."""

    def __init__(self, desk: SettingsDesk, midi: MidiService) -> None:
        super().__init__("MIDI")
        self._desk, self._midi = desk, midi
        self._shown: tuple[PortList | None, tuple[str, ...]] | None = None
        self.ports = QListWidget()
        self.ports.setAccessibleName("MIDI inputs")
        self.ports.setToolTip("Check the keyboards that play here; Enter checks and unchecks the chosen one")
        self.ports.setFixedHeight(_LIST_HEIGHT)
        self.virtual = QCheckBox(f"Offer other programs a port named {VIRTUAL_PORT}")
        self.virtual.setAccessibleName("Virtual MIDI port")
        self.virtual.setToolTip("Sequencers on this computer can then play this instrument")
        self.channel = combo("MIDI channel", "Listen to one channel, or to all")
        self.mpe = combo("MPE", "For controllers that bend and press every note by itself")
        self.state = said(name="What MIDI says")
        form = Form()
        form.add("Inputs", self.ports, hint=self.state)
        form.add("Virtual port", self.virtual)
        form.add("Channel", self.channel, hint="With MPE, choose all channels: each note has one of its own.")
        form.add("MPE", self.mpe, hint="A controller that announces its zone needs no choice here.")
        rows = column(self)
        rows.addLayout(form)
        rows.addWidget(section("Learned controllers"))
        self.learned = LearnedList(midi.forget)
        self.learned.show_learned(midi.learned)
        midi.learned_changed.connect(lambda learned, _: self.learned.show_learned(learned))
        rows.addWidget(self.learned)
        rows.addStretch(1)
        self.ports.itemChanged.connect(self._check)
        # Space is Play everywhere.
        self.ports.itemActivated.connect(_turn_over)
        self.virtual.clicked.connect(lambda on: desk.change(midi_virtual=on))
        self.channel.activated.connect(lambda _: desk.change(midi_channel=self.channel.currentData()))
        self.mpe.activated.connect(lambda _: desk.change(midi_mpe=self.mpe.currentData()))
        desk.changed.connect(self._show)
        self._show()

    def refresh(self) -> None:
        self._show()

    def show_status(self, status: Status) -> None:
        self._show_ports()
        there, arrived = self._midi.there, self._midi.arrived
        trouble = self._midi.trouble() or ("" if there is None else there.trouble)
        if there is None:
            text = "The system's MIDI ports are being looked for."
        elif trouble:
            text = trouble
        elif not self.ports.count():
            text = "No MIDI keyboard is connected; one that is plugged in appears here."
        else:
            text = f"{arrived} messages have arrived." if arrived != 1 else "1 message has arrived."
        put(self.state, text)

    def _show(self) -> None:
        stored = self._desk.settings
        self.virtual.setChecked(stored.midi_virtual)
        channels: list[tuple[str, object]] = [("All", None), *((str(n), n) for n in range(1, 17))]
        fill(self.channel, channels, stored.midi_channel)
        fill(self.mpe, [(_MPE[setting], setting) for setting in MPE_SETTINGS], stored.midi_mpe)
        self._show_ports()

    def _show_ports(self) -> None:
        """Ports that are there, then those that are wanted and missing."""
        there, wanted = self._midi.there, self._desk.settings.midi_ports
        if (there, wanted) == self._shown:
            return
        self._shown = there, wanted
        present = () if there is None else there.ports
        chosen = self.ports.currentItem()
        current = None if chosen is None else chosen.data(Qt.ItemDataRole.UserRole)
        blocked = self.ports.blockSignals(True)
        self.ports.clear()
        for name in dict.fromkeys((*present, *wanted)):
            item = QListWidgetItem(name if name in present or there is None else f"{name} (not connected)")
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in wanted else Qt.CheckState.Unchecked)
            self.ports.addItem(item)
            if name == current:
                self.ports.setCurrentItem(item)
        self.ports.blockSignals(blocked)
        # An empty list cannot be seen: it would keep the sentence that tells why far from its heading.
        self.ports.setVisible(self.ports.count() > 0)
        self.virtual.setEnabled(there is None or there.has_virtual or self.virtual.isChecked())

    def _check(self, item: QListWidgetItem) -> None:
        name = item.data(Qt.ItemDataRole.UserRole)
        others = [port for port in self._desk.settings.midi_ports if port != name]
        checked = item.checkState() == Qt.CheckState.Checked
        self._desk.change(midi_ports=tuple([*others, name] if checked else others))


def _turn_over(item: QListWidgetItem) -> None:
    checked = item.checkState() == Qt.CheckState.Checked
    item.setCheckState(Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked)
