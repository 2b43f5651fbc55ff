"""`petrichord vocoder`: which BigVGAN checkpoints there are, getting one, choosing one, measuring one."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synth.instrument.parameters.typed_numbers import number

if TYPE_CHECKING:
    from synth.vocoder.bigvgan.catalogue import Checkpoint
    from synth.vocoder.bigvgan.hub import Offer
    from synth.vocoder.choice import Choice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="action", metavar="list|get|use|verify", required=True)
    listing = commands.add_parser("list", help="the published checkpoints, and which are here")
    listing.add_argument("--json", action="store_true", help="print as JSON")
    get = commands.add_parser("get", help="download one, after showing its size and licence")
    get.add_argument(
        "name", nargs="?", metavar="NAME", help="as listed; the one recommended for this machine if absent"
    )
    get.add_argument("--yes", action="store_true", help="do not ask")
    use = commands.add_parser("use", help="choose what --vocoder bigvgan plays")
    use.add_argument("name", metavar="NAME|PATH|spectral|auto", help="a checkpoint by name or folder, or no checkpoint")
    verify = commands.add_parser("verify", help="measure how a checkpoint sounds on a real note and on your presets")
    verify.add_argument("name", nargs="?", metavar="NAME|PATH", help="the one in use, or the first found, if absent")
    verify.add_argument("--out", type=Path, metavar="FILE.md", help="write the table to a file as well")
    verify.add_argument("--json", action="store_true", help="print each row as JSON as soon as it is measured")
    verify.add_argument("--seconds", type=number, default=10.0, metavar="S", help="of each preset, 10 by default")


def run(args: argparse.Namespace) -> int:
    if args.action == "get":
        return _get(args.name, args.yes)
    if args.action == "use":
        return _use(args.name)
    if args.action == "verify":
        from synth.commands.verify import verify

        return verify(args.name, args.out, args.seconds, args.json)
    return _list(args.json)


def _list(as_json: bool) -> int:
    from synth.vocoder.bigvgan.catalogue import CHECKPOINTS
    from synth.vocoder.bigvgan.folders import user_folder
    from synth.vocoder.choice import read_choice

    choice, damage = read_choice()
    best = _recommended()
    if as_json:
        rows = [_row(known) | {"chosen": known.name == choice.checkpoint, "recommended": known == best}
                for known in CHECKPOINTS]  # fmt: skip
        print(json.dumps(rows))
    else:
        for known in CHECKPOINTS:
            row = _row(known)
            notes = [str(row["state"])]
            notes += ["chosen"] * (known.name == choice.checkpoint) + ["recommended here"] * (known == best)
            print(f"{known.name:<36} {known.size_mb:>4.0f} MB  {known.licence}  {', '.join(notes)}")
            print(f"    {row['format']}; {known.parameters // 10**6} M parameters, trained on {known.trained_on}")
        print(_in_use(choice))
        print(f"petrichord vocoder get NAME installs into {user_folder()}")
    if damage:
        print(f"petrichord: {damage}", file=sys.stderr)
    return 0


def _row(known: "Checkpoint") -> dict[str, str | float | bool]:
    from synth.vocoder.bigvgan.folders import cached, installed

    here, there = installed(known.name), cached(known.name)
    f = known.format
    return {
        "name": known.name,
        "state": "installed" if here else "in the hub's cache" if there else "available",
        "format": f"{f.rate_hz / 1000:g} kHz, {f.n_mels} bands, hop {f.hop}, to {f.fmax_hz:g} Hz",
        "size_mb": known.size_mb,
        "parameters": known.parameters,
        "licence": known.licence,
        "trained_on": known.trained_on,
        "path": str(here or there or ""),
    }


def _in_use(choice: "Choice") -> str:
    from synth.vocoder.bigvgan.folders import named

    if choice.vocoder != "bigvgan":
        return f"Chosen: {choice.vocoder}."
    gone = "" if named(choice.checkpoint) else ", which is not here any more"
    return f"Chosen: {choice.checkpoint}, played live and for --vocoder bigvgan{gone}."


def _get(name: str | None, yes: bool) -> int:
    from synth.errors import VocoderUnavailable
    from synth.vocoder.bigvgan.catalogue import checkpoint
    from synth.vocoder.bigvgan.folders import cached, installed
    from synth.vocoder.bigvgan.hub import ask
    from synth.vocoder.bigvgan.weights import read_tensors

    wanted = checkpoint(name) if name else _recommended()
    place = installed(wanted.name) or cached(wanted.name)
    if place is not None:
        try:
            read_tensors(place)
        except VocoderUnavailable as error:
            print(f"petrichord: {error}", file=sys.stderr)
        else:
            print(f"{wanted.name} is here already, in {place}")
            return 0
    offer = ask(wanted, tell=_tell)
    print(_shown(offer))
    if not yes and not _confirmed():
        print("Nothing was downloaded.")
        return 0
    return _download(offer)


def _shown(offer: "Offer") -> str:
    from synth.vocoder.bigvgan.fetch import megabytes
    from synth.vocoder.bigvgan.folders import user_folder

    known, size = offer.checkpoint, megabytes(offer.size_bytes)
    left = (
        "" if offer.missing_bytes == offer.size_bytes else f", {megabytes(offer.missing_bytes)} of them still missing"
    )
    return (
        f"{known.name} by NVIDIA: {size}{left}\n"
        f"    licence {known.licence}, {known.parameters // 10**6} M parameters, trained on {known.trained_on}\n"
        f"    into {user_folder()}"
    )


def _confirmed() -> bool:
    from synth.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError("Nothing was downloaded, as nobody can be asked here: add --yes if you want it.")
    try:
        return input("Download it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _download(offer: "Offer") -> int:
    from tqdm import tqdm

    from synth.vocoder.bigvgan.hub import install

    def progress(have: int, of: int) -> None:
        bar.update(have - bar.n)

    name = offer.checkpoint.name
    with tqdm(total=offer.size_bytes, unit="B", unit_scale=True, desc=name, disable=not sys.stderr.isatty()) as bar:
        try:
            folder = install(offer, progress=progress, tell=_tell)
        except KeyboardInterrupt:
            bar.close()
            print("\npetrichord: stopped; the same command goes on from there.", file=sys.stderr)
            return 130
    print(f"Installed in {folder}")
    print(f"Next: petrichord vocoder use {name}, and petrichord vocoder verify {name} says how it sounds.")
    return 0


def _tell(text: str) -> None:
    print(f"petrichord: {text}", file=sys.stderr, flush=True)


def _use(name: str) -> int:
    from synth.errors import VocoderUnavailable
    from synth.vocoder.bigvgan.catalogue import CHECKPOINTS
    from synth.vocoder.bigvgan.folders import named
    from synth.vocoder.bigvgan.weights import read_tensors
    from synth.vocoder.choice import Choice, store_choice

    if name in ("spectral", "auto"):
        choice = Choice("spectral" if name == "spectral" else "auto")
        store_choice(choice)
        print(_in_use(choice))
        return 0
    folder = named(name)
    known = next((c.name for c in CHECKPOINTS if name.removeprefix("nvidia/") == c.name), "")
    if folder is None:
        how = f"petrichord vocoder get {known}" if known else "petrichord vocoder list shows the names"
        raise VocoderUnavailable(f"{name} is neither an installed checkpoint nor a folder that holds one: {how}.")
    config = read_tensors(folder)[1]
    choice = Choice("bigvgan", known or str(folder))
    store_choice(choice)
    print(f"{_in_use(choice)} It plays presets of the format {config.format.name}.")
    return 0


def _recommended() -> "Checkpoint":
    import torch

    from synth.vocoder.bigvgan.catalogue import recommended

    return recommended(torch.cuda.is_available() or torch.backends.mps.is_available())
