"""`petrichord play`: the engine without a window."""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synth.commands.options.routing import routed
from synth.commands.options.tuning import add_tuning_options, tuning_from
from synth.commands.render import add_channel_option, add_control_options, channels_from, controls_from
from synth.device.outputs import BUFFER_RANGE_S, BUFFER_S
from synth.instrument.parameters.typed_numbers import number

if TYPE_CHECKING:
    from synth.commands.play_midi import PlayedMidi
    from synth.engine.engine import Engine
    from synth.engine.protocol import Status
    from synth.presets.model import Preset

_POLL_S = 0.1
LEAST_BUFFER_S = 0.003
"""One period of 128 frames: for JACK and other servers that keep time."""
_SETTLED_S = 10.0
"""Memory is compared with what it is after this long."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", metavar="PRESET", help="name of a bundled preset, or a path")
    parser.add_argument("--minutes", type=number, metavar="M", help="stop after this long; default is on Ctrl-C")
    parser.add_argument("--device", metavar="D", help="audio output, by name or number (see `petrichord devices`)")
    parser.add_argument(
        "--buffer",
        type=number,
        default=BUFFER_S,
        metavar="S",
        help=f"queued in the device, {LEAST_BUFFER_S:g} to {BUFFER_RANGE_S[1]:g} s: less is quicker, more is safer",
    )
    parser.add_argument("--record", type=Path, metavar="TAKE.wav", help="record what is played; never overwrites")
    parser.add_argument("--float", action="store_true", help="record 32-bit float instead of 24-bit integer")
    parser.add_argument(
        "--midi-in",
        metavar="PORT",
        help="play the notes of this MIDI port in place of the drone, by its name or a part of it; “virtual” makes a "
        "port “Petrichord” for other programs",
    )
    parser.add_argument("--midi", type=Path, metavar="FILE.mid", help="play this MIDI file, and stop after it")
    add_channel_option(parser)
    add_tuning_options(parser)
    parser.add_argument("--gesture-every", type=number, metavar="S", help="touch the culture at random every S seconds")
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the automaton; auto is the faster",
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON object of measurements")
    add_control_options(parser)


@dataclass
class Measurements:
    """What a long run is judged by."""

    started: float
    settled_mb: float = 0.0
    largest_mb: float = 0.0
    cpu_mark: tuple[float, float] = (0.0, 0.0)
    gestures: int = 0

    def update(self, engine: "Engine", rss_mb: float) -> None:
        """Once per poll."""
        now = time.monotonic()
        if now - self.started < _SETTLED_S:
            self.settled_mb, self.cpu_mark = rss_mb, (now, engine.cpu_s)
        self.largest_mb = max(self.largest_mb, rss_mb)

    def report(self, engine: "Engine") -> dict[str, object]:
        status, now = engine.status(), time.monotonic()
        since, cpu = self.cpu_mark
        return {
            "seconds": now - self.started,
            "device": status.device,
            "rate_hz": status.rate_hz,
            "underruns": status.underruns,
            "late_notes": engine.late_notes,
            "rescues": status.rescues,
            "slowed": status.slowed,
            "latency_s": status.latency_s,
            "load": status.load,
            "steps_per_second": status.steps_per_second,
            "engine_cpu": (engine.cpu_s - cpu) / max(now - since, 1e-9),
            "memory_settled_mb": self.settled_mb,
            "memory_largest_mb": self.largest_mb,
            "gestures": self.gestures,
            "blocks": engine.frames,
            "take": str(status.recording or status.last_take or ""),
        }


def run(args: argparse.Namespace) -> int:
    import torch

    from synth.commands.play_midi import PlayedMidi
    from synth.device.devices import find_device, preferred_rate_hz
    from synth.engine.engine import Engine
    from synth.errors import RecordingError, UsageError
    from synth.loading.prepare import live_setup, ready_instrument
    from synth.presets.library import entries, load
    from synth.sound_files.formats import check_is_wav
    from synth.thread_priority import favoured
    from synth.vocoder.choice import VocoderName

    if args.minutes is not None and not 0 < args.minutes <= 1e5:
        raise UsageError(f"Playing for {args.minutes:g} minutes is not possible: choose more than 0, or leave it out.")
    if args.gesture_every is not None and not args.gesture_every >= 0.02:
        raise UsageError(f"A gesture every {args.gesture_every:g} s is too often: choose 0.02 or more.")
    if not LEAST_BUFFER_S <= args.buffer <= BUFFER_RANGE_S[1]:
        raise UsageError(
            f"A buffer of {args.buffer:g} s is not possible: choose {LEAST_BUFFER_S:g} to {BUFFER_RANGE_S[1]:g}."
        )
    if args.record is not None:
        check_is_wav(args.record)
    if args.device is not None:
        find_device(args.device)
    tuned = tuning_from(
        args,
        notes=args.midi_in is not None or args.midi is not None,
        source="a MIDI file with --midi FILE.mid or a port with --midi-in PORT",
    )
    preset = routed(load(args.preset), args)
    fps = preset.mel.frames_per_second
    controls = controls_from(args, preset.settings, fps)
    torch.set_num_threads(1)
    dtype = None if args.precision == "auto" else getattr(torch, args.precision)
    rate_hz = preferred_rate_hz(args.device)
    vocoder: VocoderName = "bigvgan" if args.weights is not None else args.vocoder
    instrument, reason = ready_instrument(preset, rate_hz, controls, vocoder, dtype=dtype, weights=args.weights)
    for tune in tuned:
        instrument.do(tune)
    engine = Engine(
        instrument,
        device=args.device,
        reason=reason,
        # Notes sound in place of the drone.
        playing=args.midi_in is None and args.midi is None,
        sample_format="float32" if args.float else "pcm24",
        buffer_s=args.buffer,
    )

    def load_program(number: int) -> None:
        """The preset of this number in the list of `petrichord presets`, with the controls as they are."""
        names = [entry.name for entry in entries()]
        if number < len(names):
            chosen = routed(load(names[number]), args)
            controls = controls_from(args, chosen.settings, fps)
            instrument, reason = ready_instrument(chosen, rate_hz, controls, vocoder, dtype=dtype)
            for tune in tuned:
                instrument.do(tune)
            engine.swap(instrument, reason)

    midi = PlayedMidi(engine, args, channels_from(args), load_program)
    if args.record is not None:
        engine.record(args.record)
        if engine.status().recording is None:
            raise RecordingError(engine.status().notices[-1].text)
    measured = Measurements(time.monotonic())
    # This thread hardly works, but while it does it holds the interpreter: it must not be put aside meanwhile.
    with favoured("helper"):
        engine.start()
        midi.start_file()
        try:
            _play(engine, preset, args, measured, midi)
        except KeyboardInterrupt:
            print(file=sys.stderr)
        midi.close()
        report = measured.report(engine) | {"dtype": str(live_setup(preset, dtype=dtype).dtype)}
        engine.close()
    _say_goodbye(engine, report, args.json)
    return 0


def _play(
    engine: "Engine", preset: "Preset", args: argparse.Namespace, measured: Measurements, midi: "PlayedMidi"
) -> None:
    """Until time is up: touch, tell, measure."""
    import psutil

    process = psutil.Process()
    lasts_s = midi.seconds()
    end = measured.started + 60 * args.minutes if args.minutes else float("inf")
    end = min(end, float("inf") if lasts_s is None else measured.started + lasts_s)
    touch_at = measured.started + args.gesture_every if args.gesture_every else float("inf")
    told = 0
    while (now := time.monotonic()) < end:
        if now >= touch_at:
            _touch(engine, preset, measured.gestures)
            measured.gestures += 1
            touch_at += args.gesture_every
        status = engine.status()
        for notice in status.notices:
            if notice.serial > told:
                told = notice.serial
                print(f"petrichord: {notice.text}", file=sys.stderr, flush=True)
        while midi.problems:
            print(f"petrichord: {midi.problems.pop(0)}", file=sys.stderr, flush=True)
        measured.update(engine, process.memory_info().rss / 2**20)
        if sys.stderr.isatty():
            print(f"\r{_line(status)} ", end="", file=sys.stderr, flush=True)
        time.sleep(max(0.0, min(_POLL_S, touch_at - now, end - now)))


def _line(status: "Status") -> str:
    return (
        f"{status.preset} → {status.device}: {1000 * status.latency_s:.0f} ms, load {100 * status.load:.0f} %, "
        f"{status.steps_per_second:.0f} steps/s, {status.underruns} underruns"
    )


def _touch(engine: "Engine", preset: "Preset", serial: int) -> None:
    """A gesture drawn by its number: every run makes the same ones."""
    from synth.automaton.gestures import PASSING_KINDS, Gesture
    from synth.instrument.events import Touch
    from synth.random_streams import Stream, generator

    rng = generator(0, Stream.GESTURE, serial)
    kind = PASSING_KINDS[serial % len(PASSING_KINDS)]
    column, row = rng.random() * preset.n_frames, rng.random() * preset.mel.n_mels
    engine.send(Touch(Gesture(kind, float(column), float(row))))


def _say_goodbye(engine: "Engine", report: dict[str, object], as_json: bool) -> None:
    take = engine.status().last_take
    if as_json:
        print(json.dumps(report | {"take": str(take or "")}))
    elif take is not None:
        print(f"The take is in {take}")
