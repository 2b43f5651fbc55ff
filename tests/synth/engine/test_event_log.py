"""What the engine tells a listener is everything that changes what is heard later, in the order it was done."""

import threading

import torch

from synth.automaton.gestures import Gesture
from synth.device.sinks import Sink
from synth.engine.engine import Engine
from synth.instrument.event_records import as_record
from synth.instrument.events import (
    ChangePreset,
    ChangeVocoder,
    HoldDrone,
    LimitEvolution,
    LoggedEvent,
    Play,
    Rescue,
    SetParameter,
    Stop,
    Touch,
)
from synth.instrument.instrument import Instrument
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import PRESET, RATE, ScriptedSink, wait_until
from tests.doubles.samples import live_preset


def _turn(engine: Engine, id: str) -> None:
    for k in range(100):
        engine.send(SetParameter(id, k / 100))


def test_the_engines_log_holds_transport_presets_vocoders_and_two_writers() -> None:
    sink = ScriptedSink()

    def open_device(wanted: str | None, rate_hz: int, latency_s: float) -> Sink:
        return sink

    first = Instrument(PRESET, SpectralVocoder(PRESET.mel), RATE)
    other = live_preset(n_frames=64)
    second = Instrument(other, SpectralVocoder(other.mel), RATE)
    vocoder = SpectralVocoder(other.mel)
    with torch.no_grad():
        vocoder.prepare(other, RATE, n_heads=2)
    log: list[LoggedEvent] = []
    engine = Engine(first, open_device=open_device)
    engine.listen(log.append)
    engine.start()
    try:
        engine.play()
        writers = [threading.Thread(target=_turn, args=(engine, id)) for id in ("width", "weather_depth")]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        wait_until(lambda: first.controls["width"] == first.controls["weather_depth"] == 0.99)
        engine.send(Touch(Gesture("erase", 10, 10)))
        engine.swap(second, "it was asked for")
        engine.change_vocoder(vocoder, "it was chosen")
        wait_until(lambda: any(isinstance(event.action, ChangeVocoder) for event in log))
        second.culture.cells()[0, 3, 3] = float("nan")
        wait_until(lambda: any(isinstance(event.action, Rescue) for event in log))
        engine.stop()
        wait_until(lambda: isinstance(log[-1].action, Stop | LimitEvolution) and Stop() in [e.action for e in log])
    finally:
        engine.close()
    done = [event.action for event in log if not isinstance(event.action, LimitEvolution | Touch | HoldDrone)]
    moves = [action for action in done if isinstance(action, SetParameter)]
    assert done[0] == Play()
    assert len(moves) == 200
    rest = [action for action in done[1:] if not isinstance(action, SetParameter)]
    assert rest == [second.description(), ChangeVocoder("spectral", "it was chosen"), Rescue("not finite"), Stop()]
    assert isinstance(rest[0], ChangePreset)
    assert rest[0].preset == other.name
    assert len({second.description().sha256, first.description().sha256}) == 2
    # Each of an instrument's own frames, in order.
    change = next(i for i, event in enumerate(log) if isinstance(event.action, ChangePreset))
    for part in (log[:change], log[change + 1 :]):
        assert [event.frame for event in part] == sorted(event.frame for event in part)
    assert all(as_record(event)["kind"] for event in log)
