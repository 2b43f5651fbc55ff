"""`petrichord devices`: the audio outputs and the MIDI ports there are."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print a JSON list of the audio outputs")
    parser.add_argument("--midi", action="store_true", help="MIDI ports only; with --json as one object")


def run(args: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from synth.device.devices import choose, list_devices

    if args.midi:
        return _midi(as_json=args.json)
    devices = list_devices()
    if args.json:
        print(json.dumps([asdict(d) for d in devices]))
        return 0
    default = choose(devices, None)
    for device in devices:
        mark = "*" if device == default else " "
        mono = ", one channel: both sides are mixed" if device.channels == 1 else ""
        print(f"{mark} {device.index:3d}  {device.label}, {device.rate_hz} Hz{mono}")
    print("* is the default; --device takes a number, a name or a part of a name.")
    print()
    return _midi(as_json=False)


def _midi(*, as_json: bool) -> int:
    import json
    from dataclasses import asdict

    from synth.midi.port_process import VIRTUAL_PORT
    from synth.midi.ports import list_ports

    there = list_ports()
    if as_json:
        print(json.dumps(asdict(there)))
        return 0
    for name in there.ports:
        print(f"  MIDI  {name}")
    if there.trouble:
        print(there.trouble)
    elif not there.ports:
        print("Nothing that sends MIDI is connected.")
    if there.has_virtual:
        print(f"--midi-in takes a name or a part of a name, or “virtual” for a port “{VIRTUAL_PORT}” of our own.")
    elif there.ports:
        print("--midi-in takes a name or a part of a name.")
    return 0
