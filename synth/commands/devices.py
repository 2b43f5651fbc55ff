"""`petrichord devices`: the audio outputs there are."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(args: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from synth.device.devices import choose, list_devices

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
    return 0
