"""An engine that plays nothing: it notes what is asked of it and shows a culture that moves.

Axes: `M` mel bands, `T` frames.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from synth.automaton.gestures import footprint
from synth.culture.culture import CultureState
from synth.device.outputs import Output
from synth.engine.protocol import Capture, EngineControl, Notice, Present, Remedy, Status
from synth.errors import UsageError
from synth.instrument.events import (
    Action,
    Hand,
    Redo,
    ReseedAll,
    SetParameter,
    SetRegion,
    SetRoute,
    ThawAll,
    Touch,
    Undo,
    View,
)
from synth.instrument.instrument import Instrument
from synth.instrument.morph.partner import Partner
from synth.instrument.note_events import NoteEvent
from synth.instrument.parameters.values import ParameterValues
from synth.output.audition import Audition
from synth.presets.routes import Region, Routes
from synth.takes.part import WHOLE, Part
from synth.takes.wav import SampleFormat
from synth.vocoder.contract import Vocoder


class FakeEngine:
    """Records every call in order; `actions` holds what was sent."""

    def __init__(self, n_mels: int = 80, n_frames: int = 172) -> None:
        self.audition = Audition(48000)
        self.pressed = False
        self.calls: list[str] = []
        self.actions: list[Action] = []
        self.values = ParameterValues()
        """What the instrument plays with: as it was prepared, and moved since."""
        self.routed, self.followed = Routes(), Region()
        """What moves which control, and the culture's region that is followed."""
        self.notes: list[tuple[NoteEvent, float, str]] = []
        """With the time each arrived and its source."""
        self.swapped: list[tuple[Instrument, str]] = []
        self.changed: list[tuple[str, str, str]] = []
        self.recorded: list[tuple[Path | None, SampleFormat | None, bool]] = []
        self.parts: list[Part] = []
        """Of each take that was played."""
        self.outputs: list[Output] = []
        self.partners: list[Partner] = []
        self.refusal = ""
        self.missing: set[str | None] = set()
        self.state = Status(
            device="Studio Monitors", rate_hz=48000, latency_s=0.098, device_s=0.056, load=0.23, steps_per_second=86.0,
            vocoder="spectral · built in, no weights needed", preset="double",
        )  # fmt: skip
        self._shape = (n_mels, n_frames)
        self.sound_sent: NDArray[np.float32] = np.zeros((8192, 2), np.float32)
        self.captured: torch.Tensor | None = None
        self._hand = Hand(False)
        self._rest = np.zeros(self._shape, dtype=np.float32)
        self._frozen = np.zeros(self._shape, dtype=np.float32)
        self.undos = self.redos = 0
        self.lookahead_frames = 0.0
        self.held_keys: tuple[int, ...] = ()
        """Keys of notes that sound, as the view tells them."""
        self.undo_room = 25
        self._stroke = False
        self._began = time.perf_counter()
        rows, columns = np.arange(n_mels)[:, None], np.arange(n_frames)[None]
        self._partials = sum(
            np.exp(-((rows - 4.6 * k) ** 2) / 1.1) * (1.1 - 0.05 * k) for k in range(1, 15)
        ) + 0 * columns  # fmt: skip

    def sent(self, kind: type) -> list[Action]:
        return [action for action in self.actions if isinstance(action, kind)]

    def start(self) -> None:
        self.calls.append("start")

    def close(self) -> None:
        self.calls.append("close")

    def play(self) -> None:
        self.calls.append("play")
        if self.state.armed:
            self._begin()
        self.state = replace(self.state, playing=True, peak_db=(-9.0, -11.5))

    def rest(self, resting: bool) -> None:
        """As the real one does some seconds after Stop."""
        self.state = replace(self.state, resting=resting)

    def stop(self) -> None:
        self.calls.append("stop")
        self.state = replace(self.state, playing=False, peak_db=(-120.0, -120.0))

    def send(self, action: Action) -> None:
        self.actions.append(action)
        match action:
            case SetParameter(id, value):
                self.values = self.values.with_value(id, value)
            case SetRoute(place, route):
                self.routed = self.routed.with_route(place, route)
            case SetRegion(region):
                self.followed = region
            case Hand():
                self._hand = action
                self._stroke = self._stroke and action.down
            case ReseedAll() | ThawAll():
                self._remember()
                self._stroke = False
            case Undo() if self.undos:
                self.undos, self.redos, self._stroke = self.undos - 1, self.redos + 1, False
            case Redo() if self.redos:
                self.undos, self.redos, self._stroke = self.undos + 1, self.redos - 1, False
            case Touch(gesture):
                if not self._stroke:
                    self._remember()
                self._stroke = self._hand.down
                touched = footprint(gesture, *self._shape).numpy() > 0.05
                if gesture.kind == "freeze":
                    self._frozen[touched] = 1.0
                else:
                    self._rest[touched] = 1.0
            case _:
                pass

    def play_notes(self, events: Sequence[NoteEvent], arrived_s: float, source: str = "") -> None:
        self.notes += [(event, arrived_s, source) for event in events]

    @property
    def controls(self) -> ParameterValues:
        return self.values

    @property
    def routes(self) -> Routes:
        return self.routed

    @property
    def region(self) -> Region:
        return self.followed

    def _remember(self) -> None:
        self.undos, self.redos = min(self.undos + 1, self.undo_room), 0

    def swap(self, instrument: Instrument, reason: str = "") -> None:
        self.swapped.append((instrument, reason))
        self.values = instrument.controls
        self.routed, self.followed = instrument.routes, instrument.region
        self.undos, self.redos, self._stroke = 0, 0, False
        self.state = replace(self.state, preset=instrument.preset.name)

    def change_vocoder(
        self, vocoder: Vocoder, reason: str = "", spare: Vocoder | None = None, preset: str = ""
    ) -> None:
        self.changed.append((vocoder.name, reason, preset))
        if preset in ("", self.state.preset):
            self.state = replace(self.state, vocoder=f"{vocoder.name} ({reason})" if reason else vocoder.name)

    @property
    def present(self) -> Present:
        """The preset that was swapped in last; `UsageError` for a test that swapped none in."""
        if not self.swapped:
            raise UsageError("No preset was loaded.")
        instrument = self.swapped[-1][0]
        return Present(instrument.preset, instrument.out_rate_hz, instrument.setup)

    def morph(self, partner: Partner) -> None:
        self.calls.append("morph")
        self.partners.append(partner)
        self.state = replace(self.state, morph=partner.preset.name)

    def record(
        self, path: Path | None = None, sample_format: SampleFormat | None = None, *, wait: bool = False
    ) -> None:
        """Starts with sound, as the real one does."""
        self.calls.append("record")
        self.recorded.append((path, sample_format, wait))
        self._path = path or Path("Music/Petrichord/2026-11-22-violin.wav")
        if wait and not self.state.playing:
            self.state = replace(self.state, armed=True)
        else:
            self._begin()

    def _begin(self) -> None:
        self.state = replace(self.state, armed=False, recording=self._path, recording_s=42.0)

    def stop_recording(self) -> None:
        self.calls.append("stop_recording")
        last = self.state.recording or self.state.last_take
        self.state = replace(self.state, armed=False, recording=None, last_take=last)

    def play_take(self, path: Path, part: Part = WHOLE) -> None:
        self.calls.append(f"play {path.name}")
        self.parts.append(part)
        self.state = replace(self.state, take=path, take_s=(1.0, 4.0))

    def stop_take(self) -> None:
        self.calls.append("stop take")
        self.state = replace(self.state, take=None, take_s=(0.0, 0.0))

    def set_device(self, name: str | None) -> None:
        self.calls.append(f"device {name}")

    def set_output(self, output: Output) -> "Future[str]":
        """Answered at once with `refusal`, or that the device is among the `missing`; else it does what was asked."""
        refusal = f"There is no output “{output.device}”." if output.device in self.missing else self.refusal
        answer: Future[str] = Future()
        answer.set_result(refusal)
        if not refusal:
            self.outputs.append(output)
            self.state = replace(self.state, rate_hz=output.rate_hz or 48000)
        return answer

    def test_tone(self) -> None:
        self.calls.append("test tone")

    def notify(self, text: str, *, urgent: bool = False, remedy: Remedy = "") -> None:
        notice = Notice(len(self.state.notices) + 1, text, urgent, remedy)
        self.state = replace(self.state, notices=(*self.state.notices, notice))

    def view(self, *, hidden: bool = False) -> View:
        M, T = self._shape
        t = time.perf_counter() - self._began
        columns, rows = np.arange(T)[None], np.arange(M)[:, None]
        swell = 0.75 + 0.25 * np.sin(2 * np.pi * (columns / T * 3 + t / 5) + rows / 6)
        hiss = 0.08 * np.sin(rows * 12.9898 + columns * 78.233 + t)
        grid = (1.8 * self._partials * swell - 1 + hiss - rows / 160).astype(np.float32)
        if not self._hand.down:
            self._rest *= 0.985
        grid = np.where(self._rest > 0.3, -1 + 0.1 * hiss, grid).astype(np.float32)
        playhead = t * 86.13 % T
        heads = (playhead - 6, playhead + 6) if not self._hand.down else (self._hand.column - 3, self._hand.column + 3)
        return View(
            round(t * 86), round(t * 86), grid, self._rest.copy(), self._frozen.copy(), playhead, heads,
            self._hand.down, self.undos, self.redos, (playhead + self.lookahead_frames) % T,
            np.stack([np.sin(grid * k) for k in (1, 2, 3)], axis=-1) if hidden else None,
            keys=self.held_keys,
        )  # fmt: skip

    def status(self) -> Status:
        return self.state

    def sound(self, n_samples: int) -> NDArray[np.float32]:
        return self.sound_sent[-n_samples:].copy()

    def capture(self) -> "Future[Capture]":
        """Answered at once, with the preset that was swapped in last and the state in `captured`."""
        preset = self.swapped[-1][0].preset
        state = preset.state if self.captured is None else self.captured
        answer: Future[Capture] = Future()
        answer.set_result(Capture(preset, CultureState(state, torch.zeros(1), torch.zeros(1), 0, 0.0, 0)))
        return answer


def as_engine(engine: FakeEngine) -> EngineControl:
    """The type checker's word that the double can all that the engine can."""
    return engine
