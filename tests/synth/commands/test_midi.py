"""MIDI files and ports at the command line."""

from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile as sf
import torch
from numpy.typing import NDArray

from synth.commands import play_midi
from synth.commands.cli import main
from synth.engine.notes.note_input import JITTER_S, NoteInput
from synth.errors import MidiError
from synth.instrument.events import Event, HoldDrone
from synth.instrument.instrument import Instrument
from synth.instrument.note_events import NoteEvent, NoteOn
from synth.instrument.parameters.values import ParameterValues
from synth.midi.file_player import file_notes
from synth.midi.files import read_midi_file
from synth.midi.messages import Parser
from synth.midi.ports import PortList
from synth.midi.translator import Translator
from synth.output.chain import Chain
from synth.output.render import Job, render
from synth.presets.file import save_preset
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.cultures import steady_preset
from tests.doubles.samples import live_preset

RATE = 44100
PRESET = live_preset()
FPS = PRESET.mel.frames_per_second


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "steady.safetensors"
    save_preset(steady_preset(), path)
    return path


@pytest.fixture
def midi_file(tmp_path: Path) -> Path:
    """A chord with a pedal and a bend on channel 1, one note on channel 2, from 0.25 s on; 1 s long."""
    track = mido.MidiTrack()
    for ticks, message in (
        (240, mido.Message("note_on", note=60, velocity=100)),
        (0, mido.Message("note_on", note=64, velocity=70)),
        (7, mido.Message("note_on", note=67, velocity=90, channel=1)),
        (53, mido.Message("control_change", control=64, value=127)),
        (60, mido.Message("pitchwheel", pitch=3000)),
        (11, mido.Message("note_off", note=60)),
        (100, mido.Message("note_off", note=64)),
        (109, mido.Message("control_change", control=64, value=0)),
        (380, mido.Message("note_off", note=67, channel=1)),
    ):
        track.append(message.copy(time=ticks))
    path = tmp_path / "piece.mid"
    mido.MidiFile(tracks=[track]).save(path)
    return path


def _rendered(path: Path) -> NDArray[np.float64]:
    sound: NDArray[np.float64] = sf.read(path)[0]
    return sound


def test_a_file_is_rendered_with_its_tail(preset: Path, midi_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "piece.wav"
    command = ["render", str(preset), "--midi", str(midi_file), "-o", str(out), "--tail", "0.5", "--json"]
    assert main(command) == 0
    sound = _rendered(out)
    assert len(sound) == round(1.5 * RATE)
    loud = np.abs(sound).max(1) > 1e-4
    # Silence before the first note, whose place the onset has to within the attack and the delay of 1 ms each.
    assert 0 <= np.argmax(loud) / RATE - 0.25 < 0.012
    assert loud[round(0.95 * RATE) : RATE].any()


def test_one_channel_of_a_file_is_another_sound(preset: Path, midi_file: Path, tmp_path: Path) -> None:
    sounds = []
    for options in ([], ["--channel", "1"], ["--channel", "2"], ["--channel", "3"]):
        out = tmp_path / f"{len(sounds)}.wav"
        assert main(["render", str(preset), "--midi", str(midi_file), "-o", str(out), *options]) == 0
        sounds.append(_rendered(out))
    assert not sounds[3].any(), "nothing is on channel 3, and no drone sounds"
    peaks = [np.abs(sound).max() for sound in sounds[:3]]
    assert min(peaks) > 1e-3 and np.abs(sounds[0] - sounds[1]).max() > 1e-3
    assert np.argmax(np.abs(sounds[2]).max(1) > 1e-4) > np.argmax(np.abs(sounds[1]).max(1) > 1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--midi", "no.mid"], "no.mid cannot be read: No such file"),
        (["--channel", "1"], "--tail and --channel belong to a MIDI file"),
        (["--tail", "1"], "--tail and --channel belong to a MIDI file"),
        (["--midi", "MIDI", "--channel", "17"], "There is no MIDI channel 17: choose 1 to 16."),
        (["--midi", "MIDI", "--tail", "-1"], "A tail of -1 s is not possible"),
        (["--midi", "MIDI", "--tail", "nan"], "A tail of nan s is not possible"),
        (["--midi", "MIDI", "--tail", "99999"], "cannot be rendered: choose up to 3600 s."),
    ],
)
def test_what_cannot_be_rendered_is_one_sentence(
    preset: Path, midi_file: Path, tmp_path: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(midi_file) if option == "MIDI" else option for option in options]
    assert main(["render", str(preset), "-o", str(tmp_path / "x.wav"), *given]) == 2
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1


def _live(midi_file: Path) -> Iterator[tuple[float, bytes]]:
    """The file's messages as a keyboard sends them: bytes with the time they arrive at, by mido's own clock."""
    now_s = 0.0
    for message in mido.MidiFile(midi_file):
        now_s += message.time
        if not message.is_meta:
            yield now_s, bytes(message.bytes())


def test_growing_notes_of_a_file_are_the_same_samples_each_time(preset: Path, midi_file: Path, tmp_path: Path) -> None:
    sounds = []
    for growth in ("0%", "100%", "100%"):
        out = tmp_path / f"{len(sounds)}.wav"
        command = ["render", str(preset), "--midi", str(midi_file), "-o", str(out), "--set", f"growth={growth}"]
        assert main(command) == 0
        sounds.append(_rendered(out))
    assert np.array_equal(sounds[1], sounds[2])
    # From seed: soon after the first note it is softer than where the culture is there at once.
    early = slice(round(0.26 * RATE), round(0.3 * RATE))
    assert np.abs(sounds[1][early]).max() < 0.3 * np.abs(sounds[0][early]).max()
    assert np.abs(sounds[1]).max() > 0.3 * np.abs(sounds[0]).max()


def test_a_file_rendered_equals_the_same_events_sent_live(midi_file: Path) -> None:
    """Bytes through parser, translator and the engine's note input, in blocks of 2 frames; the file through the
    renderer in blocks of 32. Live notes come a constant latency later: as much later the file is rendered."""
    block, n_blocks = 2, 60
    notes, translator, parser = NoteInput(FPS, block), Translator(), Parser()
    for arrived_s, data in _live(midi_file):
        for message in parser.feed(data):
            events = [event for event in translator.feed(message) if isinstance(event, NoteEvent)]
            notes.put(events, arrived_s, "keyboard")
    vocoder = SpectralVocoder(PRESET.mel)
    instrument = Instrument(PRESET, vocoder, RATE)
    instrument.do(HoldDrone(False))
    live: list[Event] = []
    sounds = []
    with torch.inference_mode():
        for i in range(n_blocks):
            for event in notes.due(i * block / FPS, i * block, block, instrument):
                live.append(Event(i * block + event.frame, event.action, event.share))
                instrument.schedule(live[-1:])
            sounds.append(instrument.process(block))
    latency_s = block / FPS + JITTER_S
    lead_s = instrument.vocoders.onset_lead_s
    expected = [(due_s + latency_s, event) for due_s, event in file_notes(read_midi_file(midi_file))]
    # Ticks are 1/1024 of a frame, 11 µs, and both sides of the comparison are rounded to them once.
    np.testing.assert_allclose(
        [e.frame + e.share for e in live], [s * FPS for s, _ in expected[: len(live)]], atol=2e-3
    )
    assert [event.action for event in live] == [event for _, event in expected[: len(live)]] and len(live) == 9
    exact = [((event.frame + event.share) / FPS - lead_s, event.action) for event in live]
    n_samples = sum(sound.shape[1] for sound in sounds)
    job = Job(seconds=1.2, rate_hz=RATE)
    rendered = render(PRESET, SpectralVocoder(PRESET.mel), job, notes=_moments(exact))
    own = np.concatenate(sounds, axis=1)
    assert n_samples > RATE
    np.testing.assert_array_equal(_through_master(own, rendered.shape[1], vocoder.delay_samples), rendered)


def test_a_note_at_the_beginning_is_not_faded_in() -> None:
    sounds = []
    for fade_in_s in (0.005, 0.4):
        job = Job(seconds=0.6, rate_hz=RATE, controls=ParameterValues(fade_in_s=fade_in_s))
        sounds.append(render(PRESET, SpectralVocoder(PRESET.mel), job, notes=iter([(0.0, NoteOn(0, 60, 1.0))])))
    assert np.abs(sounds[0][:, : RATE // 20]).max() > 1e-3, "it sounds within 50 ms"
    np.testing.assert_array_equal(*sounds)


def _moments(exact: list[tuple[float, NoteEvent]]) -> Iterator[tuple[float, NoteEvent]]:
    yield from exact


def _through_master(sound: NDArray[np.float32], n_samples: int, delay: int) -> NDArray[np.float32]:
    """What the renderer does behind the instrument."""
    chain = Chain(RATE, ParameterValues(), playing=True)
    lead = delay + chain.delay_samples
    stop = delay + n_samples - round(ParameterValues()["fade_out_s"] * RATE)
    sounding = chain.process(sound[:, :stop])
    chain.master.stop()
    whole = np.concatenate([sounding, chain.process(sound[:, stop:])], axis=1)
    return whole[:, lead : lead + n_samples]


@pytest.mark.parametrize(
    ("there", "wanted", "words"),
    [
        (PortList(("MPK mini",), True), "keys", "There is no MIDI port “keys”: choose one of MPK mini."),
        (PortList((), False), "virtual", "This system has no virtual MIDI ports"),
        (PortList((), False, "No permission."), "virtual", "No permission."),
    ],
)
def test_a_port_that_is_not_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, there: PortList, wanted: str, words: str
) -> None:
    monkeypatch.setattr(play_midi, "list_ports", lambda: there)
    with pytest.raises(MidiError, match=words):
        play_midi.settings_for(wanted)


def test_a_port_is_chosen_by_a_part_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play_midi, "list_ports", lambda: PortList(("MPK mini",), True))
    assert play_midi.settings_for("mpk").ports == ("MPK mini",)
    assert play_midi.settings_for("virtual").virtual
