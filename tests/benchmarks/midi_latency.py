"""How long a note takes from a JACK MIDI port to its sound.

One client sends notes at exact frames and finds their onsets in what it captures, in one clock.

    python -m tests.benchmarks.midi_latency violin        # Petrichord; --notes N, --frames N, options of its `play`
    python -m tests.benchmarks.midi_latency --fluidsynth /usr/share/sounds/sf2/FluidR3_GM.sf2

A server with JACK's dummy driver is started for it (package jackd2). Notes come at random frames, so that their place
within a period is among what is measured. A Python client keeps up with 128 frames on an idle machine only: periods
that were missed are counted, and notes near one are left out.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import jack
import numpy as np
from numpy.typing import NDArray

from tests.doubles.jack_server import JackServer, wait_until
from tests.doubles.rig import favour

_RATE_HZ = 44100
_NOTE_S = 0.12
_QUIET_S = 0.05
"""Before a note: what is louder than the loudest of this by 20 dB is the note."""
_WINDOW_S = 0.25
"""A note that is not heard within this is missing."""
_FLOOR = 3e-4
"""−70 dBFS."""
_TEN = 10.0
"""20 dB."""
_READY_S = 180.0
_SETTLE_S = 8.0
"""Before the first note: an engine's first seconds are busier than later ones."""
_KEYS = (60, 64, 67, 72)


@dataclass(frozen=True)
class Take:
    """What was captured, and where notes were sent, in frames of it."""

    sound: NDArray[np.float32]
    sent: list[int]
    missed: list[int]
    """Where the server dropped a period."""


class Client:
    """Sends notes at frames and captures: (2,) → one channel, the louder of both."""

    def __init__(self, server: str, seconds: float) -> None:
        self._client = jack.Client("latency", servername=server, no_start_server=True)
        self._midi = self._client.midi_outports.register("out")
        self._ins = [self._client.inports.register(name) for name in ("left", "right")]
        self._sound = np.zeros(round(seconds * _RATE_HZ), np.float32)
        self._events: list[tuple[int, bytes]] = []
        self._now = 0
        self._missed: list[int] = []
        self._client.set_process_callback(self._process)
        self._client.set_xrun_callback(lambda _: self._missed.append(self._now))
        self._client.activate()

    def connect(self, midi_in: str, audio_out: str) -> bool:
        """True once the instrument is connected: its MIDI input by name, its first two audio outputs."""
        midi = self._client.get_ports(midi_in, is_midi=True, is_input=True)
        if not midi or not self._listen(audio_out):
            return False
        self._client.connect(self._midi, midi[0])
        return True

    def _listen(self, audio_out: str) -> bool:
        audio = self._client.get_ports(audio_out, is_audio=True, is_output=True)
        for source, target in zip(audio[-2:], self._ins, strict=False):
            with suppress(jack.JackError):
                if not target.is_connected_to(source):
                    self._client.connect(source, target)
        return bool(audio)

    def play(self, notes: list[int], audio_out: str) -> Take:
        """Notes at these frames from now on; outputs that an instrument opens anew are connected again."""
        begin = self._now + _RATE_HZ // 10
        length = round(_NOTE_S * _RATE_HZ)
        events = []
        for i, frame in enumerate(notes):
            key = _KEYS[i % len(_KEYS)]
            events += [(begin + frame, bytes((0x90, key, 100))), (begin + frame + length, bytes((0x80, key, 64)))]
        self._events = sorted(events)

        def is_done() -> bool:
            self._listen(audio_out)
            return not self._events

        wait_until(is_done, "the client does not run", 30 + notes[-1] / _RATE_HZ * 2)
        time.sleep(_WINDOW_S + 0.2)
        return Take(self._sound[: self._now].copy(), [begin + frame for frame in notes], list(self._missed))

    def close(self) -> None:
        self._client.deactivate()
        self._client.close()

    def _process(self, n_frames: int) -> None:
        begin, end = self._now, self._now + n_frames
        self._midi.clear_buffer()
        while self._events and self._events[0][0] < end:
            frame, data = self._events.pop(0)
            self._midi.write_midi_event(max(0, frame - begin), data)
        if end <= len(self._sound):
            left, right = (port.get_array() for port in self._ins)
            self._sound[begin:end] = np.where(np.abs(left) > np.abs(right), left, right)
        self._now = end


def latencies_ms(take: Take) -> tuple[list[float], int]:
    """Each note's, and how many were not found or lie beside a missed period."""
    level, found, lost = np.abs(take.sound), [], 0
    quiet, window = round(_QUIET_S * _RATE_HZ), round(_WINDOW_S * _RATE_HZ)
    for frame in take.sent:
        threshold = max(_FLOOR, _TEN * float(level[frame - quiet : frame].max()))
        above = np.flatnonzero(level[frame : frame + window] > threshold)
        beside = any(frame - quiet < missed < frame + window for missed in take.missed)
        if beside or not len(above):
            lost += 1
        else:
            found.append(1000 * float(above[0]) / _RATE_HZ)
    return found, lost


def _command(args: argparse.Namespace) -> tuple[list[str], str, str]:
    """The instrument to start, and the names of its ports."""
    if args.fluidsynth:
        options = [
            "-a",
            "jack",
            "-m",
            "jack",
            "-r",
            str(_RATE_HZ),
            "-g",
            "0.8",
            "-i",
            "-s",
            "-o",
            "synth.reverb.active=0",
        ]
        return ["fluidsynth", *options, "-o", "synth.chorus.active=0", args.fluidsynth], "^fluidsynth", "^fluidsynth"
    play = [sys.executable, "-m", "synth.commands.cli", "play", args.preset, "--midi-in", "virtual"]
    quick = ["--set", "attack_s=0.001", "--set", "release_s=0.03"]
    return [*play, "--device", "system", "--minutes", "60", *quick, *args.options], "^Petrichord:", args.outputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", nargs="?", default="violin")
    parser.add_argument("--notes", type=int, default=200)
    parser.add_argument("--frames", type=int, default=128, help="in a period of JACK")
    parser.add_argument("--fluidsynth", metavar="SF2", help="measure FluidSynth with this sound font instead")
    parser.add_argument("--outputs", default="^(PortAudio|python)", help="names of the instrument's audio outputs")
    args, args.options = parser.parse_known_args()
    command, midi_in, audio_out = _command(args)
    rng = np.random.default_rng(0)
    notes = np.cumsum(rng.integers(round(0.35 * _RATE_HZ), round(0.45 * _RATE_HZ), args.notes)).tolist()
    server = JackServer(args.frames, _RATE_HZ, realtime=True)
    os.environ["JACK_DEFAULT_SERVER"] = server.name
    server.start()
    favour(os.getpid())
    clients: list[Client] = []

    def answers() -> bool:
        with suppress(jack.JackOpenError):
            clients.append(Client(server.name, _READY_S + notes[-1] / _RATE_HZ + 60))
        return bool(clients)

    wait_until(answers, "the JACK server does not answer")
    client = clients[0]
    # An ordinary process until it asks for more itself.
    instrument = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0)),
    )
    try:
        wait_until(lambda: client.connect(midi_in, audio_out), "the instrument has no ports", _READY_S)
        time.sleep(_SETTLE_S)
        take = client.play(notes, audio_out)
        client.close()
    finally:
        instrument.kill()
        instrument.wait()
        server.close()
    found, lost = latencies_ms(take)
    if not found:
        raise SystemExit(f"No note was heard: {lost} left out, {len(take.missed)} periods missed.")
    p1, median, p99 = np.percentile(found, [1, 50, 99])
    report = {"notes": len(found), "left_out": lost, "missed_periods": len(take.missed), "frames": args.frames}
    figures = {"median_ms": median, "p1_ms": p1, "p99_ms": p99, "spread_ms": p99 - p1, "least_ms": min(found)}
    print(json.dumps(report | {name: round(float(value), 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
