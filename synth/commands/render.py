"""`petrichord render`: a preset to a sound file, offline."""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from synth.commands.options.routing import add_route_option, routed
from synth.commands.options.tuning import add_tuning_options, tuning_from
from synth.instrument.parameters.table import PARAMETERS
from synth.instrument.parameters.typed_numbers import number, typed_number, whole_number
from synth.instrument.parameters.values import ParameterValues, from_settings, parameter

if TYPE_CHECKING:
    from synth.output.render import Note
    from synth.presets.model import Preset
    from synth.vocoder.contract import Vocoder


_SECONDS, _TAIL_S = 10.0, 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "preset",
        metavar="PRESET|TAKE",
        help="name of a bundled preset, or a path; or a take, TAKE.petrichord.safetensors, to be rendered again as it "
        "was played",
    )
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="OUT.wav", help="file to write: .wav, .flac, .aiff or .ogg"
    )
    parser.add_argument("--seconds", type=number, metavar="S", help="length; 10, or that of the MIDI file and its tail")
    parser.add_argument("--midi", type=Path, metavar="FILE.mid", help="play this file's notes in place of the drone")
    parser.add_argument("--tail", type=number, metavar="S", help="how long the sound goes on after a MIDI file, 3 s")
    add_channel_option(parser)
    add_tuning_options(parser)
    parser.add_argument("--rate", type=whole_number, metavar="HZ", help="sample rate, 44100 by default; a take's own")
    parser.add_argument(
        "--seed", type=whole_number, metavar="N", help="grow from this seed; default is the stored grown state"
    )
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="of the automaton")
    parser.add_argument(
        "--gesture",
        action="append",
        default=[],
        metavar="T:KIND[:ARGS]",
        help="touch the culture at T seconds: erase, paint, noise, reseed, freeze or thaw, with ARGS such as "
        "column=40,hz=880,radius_frames=10,shape=stripe; or reseed-all, thaw-all, undo, redo; may be given several "
        "times",
    )
    parser.add_argument(
        "--morph",
        metavar="PRESET",
        help="a second preset, of the same format, that the control morph leads to, as in --set morph=50%%",
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    add_control_options(parser)


def add_channel_option(parser: argparse.ArgumentParser) -> None:
    """Which MIDI channels are played."""
    parser.add_argument("--channel", type=whole_number, metavar="N", help="one MIDI channel, 1 to 16; all by default")


def channels_from(args: argparse.Namespace) -> frozenset[int]:
    """The channels asked for, counted from 0."""
    from synth.errors import UsageError
    from synth.midi.translator import ALL_CHANNELS

    if args.channel is None:
        return ALL_CHANNELS
    if not 1 <= args.channel <= 16:
        raise UsageError(f"There is no MIDI channel {args.channel}: choose 1 to 16.")
    return frozenset({args.channel - 1})


def add_control_options(parser: argparse.ArgumentParser) -> None:
    """What every command that makes sound shares: note, vocoder and the continuous controls."""
    parser.add_argument("--note", metavar="A4|69", help="pitch; the preset's own by default")
    parser.add_argument("--vocoder", choices=("auto", "spectral", "bigvgan"), default="auto")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder with an NVIDIA BigVGAN checkpoint")
    for id, option in CONTROL_OPTIONS.items():
        p = PARAMETERS[id]
        # A sign of per cent begins a place to be filled in, for argparse.
        about = f"{p.help} ({p.minimum:g} to {p.maximum:g})".replace("%", "%%")
        parser.add_argument(option, type=number, metavar="X", dest=id, help=about)
    parser.add_argument("--steps-per-second", type=number, metavar="X", help="evolution in automaton steps per second")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ID=VALUE",
        help="move any control, as in width=60%% or frozen=on (see `petrichord parameters`); may be given often",
    )
    add_route_option(parser)


def _option_for(id: str) -> str:
    """`fade_in_s` → `--fade-in`: units are said in the help."""
    return "--" + re.sub(r"_(db|s|cents)$", "", id).replace("_", "-")


CONTROL_OPTIONS = {
    p.id: _option_for(p.id)
    for p in PARAMETERS.values()
    if not (p.is_switch or p.choices or p.id in ("note", "steps_per_frame", "morph"))
}
"""Numbers with an option of their own: note and evolution are given in other units, `--morph` names a preset."""


def run(args: argparse.Namespace) -> int:
    import torch

    from synth.commands.render_take import is_take, render_take

    if is_take(args.preset):
        return render_take(args, CONTROL_OPTIONS, progress_bar)

    from synth.instrument.events import Event
    from synth.instrument.modulation.routes import trouble_with_all
    from synth.instrument.morph.partner import check_can_morph
    from synth.instrument.notation import parse_gesture
    from synth.instrument.reading.playhead import reading_speed
    from synth.output.render import Job, render_to_file
    from synth.presets.library import load

    preset = routed(load(args.preset), args)
    partner = None if args.morph is None else load(args.morph)
    if partner is not None:
        check_can_morph(preset, partner)
    controls = controls_from(args, preset.settings, preset.mel.frames_per_second)
    speed = reading_speed(controls, preset.n_frames, preset.mel.frames_per_second)
    events = [parse_gesture(g, preset.mel, preset.n_frames, speed) for g in args.gesture]
    seconds, notes = _length_and_notes(args)
    tuned = tuning_from(args, notes=notes is not None, source="a MIDI file with --midi FILE.mid")
    job = Job(
        seconds=seconds,
        rate_hz=44100 if args.rate is None else args.rate,
        controls=controls,
        events=(*(Event(0, tune) for tune in tuned), *events),
        seed=args.seed,
        dtype=torch.bfloat16 if args.precision == "bfloat16" else torch.float32,
        partner=partner,
    )
    if trouble := trouble_with_all(preset.routes):
        print(f"petrichord: “{preset.name}”: {trouble}", file=sys.stderr)
    vocoder, reason = _choose(args, preset)
    torch.set_num_threads(1)
    with progress_bar("Rendering", sys.stderr.isatty() and not args.json) as progress:
        report = render_to_file(preset, vocoder, job, args.output, progress, notes)
    if args.json:
        print(json.dumps(report.as_dict() | {"vocoder_reason": reason}))
    else:
        print(
            f"{report.path}: {report.seconds:.2f} s at {report.rate_hz} Hz, {report.loudness_lufs:.1f} LUFS, peak "
            f"{report.peak_dbtp:.1f} dBTP, {report.real_time_factor:.1f}× real time, {report.vocoder} ({reason})"
        )
    return 0


def _length_and_notes(args: argparse.Namespace) -> tuple[float, "Iterator[Note] | None"]:
    """Seconds to render, and the notes of the MIDI file if there is one."""
    from synth.errors import UsageError
    from synth.midi.file_player import file_notes
    from synth.midi.files import read_midi_file

    channels = channels_from(args)
    if args.midi is None:
        if args.tail is not None or args.channel is not None:
            raise UsageError("--tail and --channel belong to a MIDI file: name one with --midi FILE.mid.")
        return (_SECONDS if args.seconds is None else args.seconds), None
    file = read_midi_file(args.midi)
    tail_s = _TAIL_S if args.tail is None else args.tail
    if not tail_s >= 0:
        raise UsageError(f"A tail of {tail_s:g} s is not possible: choose 0 or more.")
    return (file.length_s + tail_s if args.seconds is None else args.seconds), file_notes(file, channels)


def _choose(args: argparse.Namespace, preset: "Preset") -> tuple["Vocoder", str]:
    """The vocoder asked for; without BigVGAN's weights one sentence and the spectral one, unless a folder was named."""
    from synth.errors import VocoderUnavailable
    from synth.loading.choose_vocoder import choose_vocoder
    from synth.vocoder.choice import VocoderName

    name: VocoderName = "bigvgan" if args.weights is not None else args.vocoder
    try:
        return choose_vocoder(name, preset, args.weights)
    except VocoderUnavailable as error:
        if args.weights is not None:
            raise
        print(f"petrichord: {error} Rendering with the spectral vocoder.", file=sys.stderr)
        return choose_vocoder("spectral", preset)


def controls_from(args: argparse.Namespace, settings: dict[str, float], frames_per_second: float) -> ParameterValues:
    """The preset's suggested controls with what was given on the command line; `--set` has the last word."""
    from synth.instrument.parameters.note_names import note_number

    given = {id: getattr(args, id) for id in CONTROL_OPTIONS if getattr(args, id) is not None}
    if args.note is not None:
        given["note"] = note_number(args.note)
    if args.steps_per_second is not None:
        given["steps_per_frame"] = args.steps_per_second / frames_per_second
    return from_settings(settings).with_values(given | dict(_assignment(text) for text in args.set))


def _assignment(text: str) -> tuple[str, float]:
    """`ID=VALUE`: a number alone is in the table's unit, as in options and presets; else as typed in the window."""
    from synth.errors import UsageError

    id, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"“--set {text}” lacks its value: write ID=VALUE, as in --set width=60%.")
    row = parameter(id.strip())
    try:
        return row.id, row.check(typed_number(value))
    except ValueError:
        return row.id, row.parse(value)


class progress_bar:  # noqa: N801 (used as a function)
    """A tqdm bar fed with shares of 1; silent when `shown` is false."""

    def __init__(self, label: str, shown: bool) -> None:
        from tqdm import tqdm

        bar_format = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
        self._bar = tqdm(total=1.0, desc=label, bar_format=bar_format, disable=not shown)

    def __enter__(self) -> Callable[[float], None]:
        return self._set

    def _set(self, share: float) -> None:
        self._bar.update(share - self._bar.n)

    def __exit__(self, *_: object) -> None:
        self._bar.close()
