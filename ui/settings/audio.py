"""Settings, Audio: which output, at which rate, with how much sound queued, and a tone to try it."""

from PySide6.QtWidgets import QHBoxLayout, QPushButton

from synth.device.devices import Device, choose
from synth.device.outputs import BUFFERS_S, RATES_HZ
from synth.engine.protocol import Status
from synth.errors import AudioDeviceError
from ui.settings.desk import SettingsDesk
from ui.settings.form import Form, Page, column, combo, fill, put, said
from ui.window.device_menu import DEFAULT_LABEL

_EVERY = "All"
_HINT = "A change of rate or buffer fades out and in; culture, undo and controls go on."


class AudioPage(Page):
    """Shows what is in use; what is chosen is asked for at once and taken back when it is refused."""

    def __init__(self, desk: SettingsDesk) -> None:
        super().__init__("Audio")
        self._desk = desk
        self._devices: list[Device] = []
        self.host = combo("Host interface", "The system's way to the sound card; shorter lists of devices")
        self.device = combo("Device", "Where the sound goes (also Ctrl+D)")
        self.rate = combo("Sample rate", "Samples per second; the culture goes on when it changes")
        self.buffer = combo("Buffer", "Sound queued in the device: less is quicker, more is safer")
        self.measured = said(name="Measured latency")
        self.tone = QPushButton("Play test tone")
        self.tone.setAccessibleName("Play test tone")
        self.tone.setToolTip("A short soft tone, left and then right, over what plays")
        self.tone.clicked.connect(desk.engine.test_tone)
        self.known = said(name="What the device says")
        form = Form()
        form.add("Host interface", self.host)
        form.add("Device", self.device, hint=self.known)
        form.add("Sample rate", self.rate, hint=_HINT)
        form.add("Buffer", self.buffer, hint=self.measured)
        rows = column(self)
        rows.addLayout(form)
        foot = QHBoxLayout()
        foot.addWidget(self.tone)
        foot.addStretch(1)
        rows.addLayout(foot)
        rows.addStretch(1)
        self.host.activated.connect(self._filter)
        self.device.activated.connect(lambda _: self._ask(device=self.device.currentData()))
        self.rate.activated.connect(lambda _: self._ask(rate_hz=self.rate.currentData()))
        self.buffer.activated.connect(lambda _: self._ask(buffer_s=self.buffer.currentData()))
        desk.changed.connect(self._show)

    def refresh(self) -> None:
        try:
            self._devices = self._desk.list_devices()
        except AudioDeviceError as problem:
            self._devices = []
            self._desk.refused.emit(str(problem))
        names = list(dict.fromkeys(device.host_api for device in self._devices))
        now = self._in_use()
        shown = self.host.currentData() or (now.host_api if now and self._desk.output.device else _EVERY)
        fill(self.host, [(_EVERY, _EVERY), *((name, name) for name in names)], shown if shown in names else _EVERY)
        self.host.setEnabled(len(names) > 1)
        self._show()

    def show_status(self, status: Status) -> None:
        if status.device_s > 0:
            text = (
                f"The device holds {1000 * status.device_s:.0f} ms now; from your hand to its sound it is "
                f"{1000 * status.latency_s:.0f} ms."
            )
        else:
            text = "No device plays, so there is nothing to measure."
        if status.underruns:
            text += f" {status.underruns} underrun{'s' if status.underruns > 1 else ''} so far."
        put(self.measured, text)
        rate = f" at {status.rate_hz / 1000:g} kHz" if status.rate_hz else ""
        put(self.known, f"Sound goes to “{status.device}”{rate}." if status.device else "No device yet.")

    def _ask(self, **changes: object) -> None:
        for box in (self.device, self.rate, self.buffer):
            box.setEnabled(False)
        self._desk.change_output(**changes)

    def _show(self) -> None:
        """Stand at what is in use."""
        output = self._desk.output
        for box in (self.device, self.rate, self.buffer):
            box.setEnabled(True)
        self._filter()
        own = self._in_use()
        entries: list[tuple[str, object]] = [(f"Device’s own ({_khz(own.rate_hz)})" if own else "Device’s own", None)]
        entries += [(_khz(rate), rate) for rate in RATES_HZ]
        fill(self.rate, entries, output.rate_hz)
        sizes = sorted({*BUFFERS_S, output.buffer_s})
        fill(self.buffer, [(f"{1000 * size:.0f} ms", size) for size in sizes], output.buffer_s)

    def _filter(self) -> None:
        """Offer the devices of the host interface that is shown, and the one in use."""
        host, now = self.host.currentData(), self._in_use()
        default = next((device.name for device in self._devices if device.is_default), "")
        entries: list[tuple[str, object]] = [(f"{DEFAULT_LABEL} ({default})" if default else DEFAULT_LABEL, None)]
        chosen: object = self._desk.output.device
        for device in self._devices:
            in_use = chosen is not None and device == now
            if in_use:
                chosen = device.label
            if host in (_EVERY, device.host_api, None) or in_use:
                entries.append((device.name if host == device.host_api else device.label, device.label))
        if chosen is not None and chosen not in [value for _, value in entries]:
            entries.append((str(chosen), chosen))
        fill(self.device, entries, chosen)

    def _in_use(self) -> Device | None:
        """The device in use as it is listed, if it is."""
        try:
            return choose(self._devices, self._desk.output.device)
        except AudioDeviceError:
            return None


def _khz(rate_hz: int) -> str:
    return f"{rate_hz / 1000:g} kHz"
