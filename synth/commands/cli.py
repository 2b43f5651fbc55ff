"""The `petrichord` command: a window, or one of its subcommands.

Imports only the standard library at the top: every subcommand imports what it needs, so `--help` is instant, and
torch finds its environment set. Expected errors are one sentence and exit code 2.
"""

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence

COMMANDS: dict[str, tuple[str, str]] = {
    "render": ("synth.commands.render", "render a preset to a sound file"),
    "play": ("synth.commands.play", "play a preset without a window"),
    "train": ("training.cli", "make a preset from a recording"),
    "evaluate": ("training.evaluation.cli", "measure how close a preset sounds to its recording, and for how long"),
    "measure": ("synth.commands.measure", "measure a preset's recording again, without training"),
    "parameters": ("synth.commands.parameters", "list every control: its id, unit, range and meaning"),
    "presets": ("synth.commands.presets", "list the installed presets"),
    "vocoder": ("synth.commands.vocoder", "get, choose and measure BigVGAN's weights"),
    "devices": ("synth.commands.devices", "list the audio outputs and MIDI ports"),
    "bench": ("synth.commands.bench", "measure how fast the vocoders are here"),
    "doctor": ("synth.commands.doctor", "say what this machine can do, and what it lacks"),
}
"""Each module has `add_arguments(parser)` and `run(args) -> int`."""


def prepare_environment() -> None:
    """Must run before torch is imported: OpenMP threads that spin starve the engine on a busy machine (a two-thread
    step took 208 ms, then 4.6 ms), and memory that is given back must be fetched again page by page. Before numba is:
    it must not write into the package."""
    from synth.compiled.cache import keep_compiled_code_apart
    from synth.environment import forget_absurd_numbers, set_if_unset
    from synth.memory import keep_freed_memory

    keep_compiled_code_apart()
    keep_freed_memory()
    forget_absurd_numbers()
    set_if_unset("OMP_WAIT_POLICY", "PASSIVE")
    set_if_unset("GOMP_SPINCOUNT", "0")


def prepare_streams() -> None:
    """What is printed may hold arrows, and names that are no text: an encoding that lacks them shows “?” instead.

    A stream that the caller closed (`2>&-`) swallows what is written to it.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    prepare_environment()
    prepare_streams()
    from synth.instrument.parameters.typed_numbers import with_negative_values

    arguments = with_negative_values(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    module_name = COMMANDS[name][0] if name else "synth.commands.window"
    from synth.errors import PetrichordError

    try:
        module = importlib.import_module(module_name)
        parser = argparse.ArgumentParser(
            prog=f"petrichord {name}".strip(),
            description=COMMANDS[name][1].capitalize() + "."
            if name
            else "A synthesizer whose oscillator is a neural cellular automaton.",
            epilog=None if name else _overview(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(parser)
        code = int(module.run(parser.parse_args(arguments[bool(name) :])))
        # Python would print what is left after `main`, and a full disk would be a traceback then.
        sys.stdout.flush()
        return code
    except PetrichordError as error:
        print(f"petrichord: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("petrichord: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): nothing is wrong. Python would complain again while flushing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            print(f"petrichord: what is printed cannot be written: {error.strerror}; make room.", file=sys.stderr)
            return 2
        from synth.log import log_unexpected

        print(f"petrichord: something unexpected went wrong; details are in {log_unexpected(error)}", file=sys.stderr)
        return 1


def _overview() -> str:
    lines = [f"  petrichord {name:<10} {text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(["other commands (each has --help):", *lines])


if __name__ == "__main__":
    sys.exit(main())
