"""`petrichord train`: a recording to a preset."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import PetrichordError, TrainingError, UsageError
from synth.instrument.parameters.typed_numbers import number, whole_number
from training.cli_checks import check, check_region, chosen_device, training_alone
from training.learning.interruption import stop_when_left_alone, stopped_by_signals
from training.learning.reporter import Reporter, Work

if TYPE_CHECKING:
    from training.analysis.data import Recording, Target
    from training.learning.notebook import NotebookTrainer
    from training.learning.session import Grown
    from training.learning.trainer import Trainer

    Learned = tuple[Trainer | NotebookTrainer, Grown]

_AUDIO_FROM = 0.5
PARENT = "violin"
"""The bundled preset from which others are fine-tuned."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="any audio file; a few steady seconds do")
    parser.add_argument("-o", "--output", type=Path, metavar="PRESET.safetensors")
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--minutes",
        type=number,
        metavar="M",
        help="time to train; 1.6 by default, 5.5 without a --parent, on a slow machine up to twice that; 8000 "
        "iterations for notebook",
    )
    length.add_argument("--iterations", type=whole_number, metavar="N", help="train so many steps instead")
    parser.add_argument(
        "--patience",
        type=number,
        metavar="P",
        help="how many times its default minutes a slow or busy machine may take; 2 by default",
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted training of this preset")

    recipe = parser.add_argument_group("how")
    recipe.add_argument(
        "--recipe",
        choices=("live", "notebook"),
        default="live",
        help="live, the default, makes sound that lasts; notebook is the original's training, for comparison: hours",
    )
    recipe.add_argument(
        "--parent",
        metavar="PRESET",
        help=f"start from this preset's rule, by name or path; {PARENT} by default, “none” for a new rule; the rule of "
        "one of another --format is stretched over the new rows",
    )
    recipe.add_argument(
        "--audio-loss",
        action="store_true",
        help="judge the second half of the training by the vocoded sound as well; a quarter slower, nearer in sound",
    )
    recipe.add_argument("--fixed", action="store_true", help="let the notebook's frequency weights act")
    recipe.add_argument(
        "--format",
        choices=("22k80", "44k128"),
        default="22k80",
        help="of the spectrogram: 80 bands to 8 kHz, the default, or 128 to 22 kHz, slower",
    )
    recipe.add_argument("--seed", type=whole_number, default=0, metavar="N", help="of everything random")
    recipe.add_argument(
        "--device", default="auto", metavar="D", help="auto, cpu or cuda; auto goes on without a GPU that fails"
    )

    part = parser.add_argument_group("which part of the recording; found by itself by default")
    part.add_argument("--start", type=number, metavar="S", help="second to start at")
    part.add_argument("--seconds", type=number, metavar="D", help="how much to take from there, 8 by default")

    labels = parser.add_argument_group("what is written into the preset")
    labels.add_argument("--name", help="the recording's by default")
    labels.add_argument("--tags", default="", metavar="A,B", help="words to find it by")
    labels.add_argument("--credit", metavar="TEXT", help="what the recording is and where it is from")
    labels.add_argument("--author", default="unknown", help="who made the recording")
    labels.add_argument("--licence", default="unspecified", help="of the recording; the preset carries it")

    report = parser.add_argument_group("what is reported")
    report.add_argument(
        "--progress-images", type=Path, metavar="DIR", help="draw recording and culture into DIR at every checkpoint"
    )
    report.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="evaluate the finished preset and draw one page into DIR: minutes more",
    )
    report.add_argument(
        "--json-lines",
        action="store_true",
        help="report as one JSON object per line: event (progress, checkpoint, done or error), iteration, eta_s, "
        "loss, ltas_db (of the training batch; from a checkpoint on its rollout), preset_path, message",
    )
    report.add_argument(
        "--watch",
        action="store_true",
        help="with --json-lines, also the share done, the recording (event target) and once a second a culture in "
        "training (event culture), as bytes in base64, 0 the quietest",
    )
    report.add_argument(
        "--plan",
        action="store_true",
        help="train nothing: say which region would be learned and what is heard in it (with --json-lines: event plan)",
    )
    report.add_argument(
        "--attached",
        action="store_true",
        help="stop as by Ctrl-C when standard input closes: whoever started it has gone",
    )


def run(args: argparse.Namespace) -> int:
    reporter = Reporter(args.output or Path(), args.json_lines, args.progress_images, args.watch, args.attached)
    try:
        if args.attached:
            stop_when_left_alone()
        if args.plan:
            _plan(args, reporter)
        else:
            check(args)
            with training_alone(args.output):
                _train(args, reporter)
    except PetrichordError as error:
        reporter.say("error", message=str(error))
        raise
    except KeyboardInterrupt:
        reporter.say("error", message="Stopped.")
        raise
    return 0


def _train(args: argparse.Namespace, reporter: Reporter) -> None:
    from synth.file_names import shown_name
    from synth.presets.model import Credit
    from training.analysis.recording import remarks_on
    from training.learning.build import Labels, measure_recording
    from training.learning.state_file import SUFFIX

    device = chosen_device(args.device)
    recording, target = _target(args)
    labels = Labels(
        name=args.name or shown_name(args.recording.stem).replace("_", " "),
        credit=Credit(args.credit or shown_name(args.recording.name), args.author, args.licence),
        tags=tuple(tag.strip() for tag in args.tags.split(",") if tag.strip()),
    )
    state_path = args.output.with_name(args.output.name + SUFFIX)

    def learn(device: str, *remarks: str) -> "Learned":
        trainer = _trainer(args, target, device)
        if args.resume:
            trainer.resume(state_path)
        about = (*remarks, *remarks_on(recording, target.fmt), *trainer.remarks)
        reporter.begin(Work(trainer, labels, measure_recording(target, args.recording)), about)
        with stopped_by_signals() as stop, reporter:
            return trainer, trainer.run(reporter.hear, stop, state_path)

    trainer, grown = _with_enough_memory(learn, device, may_change=args.device == "auto")
    if not grown.metrics.alive:
        raise TrainingError(
            f"{args.recording.name} was not learned in {trainer.session.iteration} iterations; give it more --minutes"
            + (", or go on with --resume." if state_path.exists() else ", or another --seed.")
        )
    reporter.keep(grown)
    page = _report(args) if args.report is not None else None
    reporter.finish(grown, state_path if state_path.exists() else None, page)


def _with_enough_memory(learn: "Callable[..., Learned]", device: str, may_change: bool) -> "Learned":
    """What `learn` learns on the device; if that is lost or full, and the person did not choose it, on the CPU."""
    from synth.accelerator import device_failed, is_full

    try:
        return learn(device)
    except RuntimeError as error:
        if device == "cpu" or not device_failed(error):
            raise
        if is_full(error):
            fault = "The GPU has too little free memory for this training"
        else:
            fault = f"The GPU failed ({str(error).strip().splitlines()[0].rstrip('.')})"
        if not may_change:
            raise TrainingError(f"{fault}; close what else uses it, or train with --device cpu.") from error
    return learn("cpu", f"{fault}, so the CPU trains from the beginning instead.")


def _plan(args: argparse.Namespace, reporter: Reporter) -> None:
    """What a training with these arguments would learn: the region at once, what is heard in it seconds later."""
    from training.analysis.plan import plan
    from training.analysis.recording import remarks_on

    check_region(args)
    recording, target = _target(args)
    for stage in plan(args.recording, target, remarks_on(recording, target.fmt)):
        reporter.show_plan(stage)


def _target(args: argparse.Namespace) -> "tuple[Recording, Target]":
    """The recording, and what of it is to be learned."""
    from synth.mel import FORMATS
    from training.analysis.data import MAX_REGION_SECONDS, load_recording, prepare

    whole = args.start is not None or args.seconds is not None
    seconds = args.seconds or (MAX_REGION_SECONDS if whole else None)
    recording = load_recording(args.recording, args.start or 0.0, seconds)
    return recording, prepare(recording, FORMATS[args.format], whole=whole)


def _report(args: argparse.Namespace) -> Path:
    from training.evaluation.evaluate import Options
    from training.evaluation.report import write_report

    return write_report(args.output, args.recording, args.report, Options(quick=True))


def _trainer(args: argparse.Namespace, target: "Target", device: str) -> "Trainer | NotebookTrainer":
    if args.recipe == "notebook":
        if args.parent not in (None, "none"):
            raise UsageError("The notebook's recipe starts from nothing; leave --parent out, or use --recipe live.")
        from training.learning.notebook import NotebookRecipe, NotebookTrainer

        recipe = NotebookRecipe(minutes=args.minutes or 0.0, fixed=args.fixed)
        if args.iterations is not None:
            recipe = replace(recipe, epochs=args.iterations)
        return NotebookTrainer(target, recipe, args.seed, device)

    from synth.presets.library import load
    from training.learning.recipe import PATIENCE, Recipe
    from training.learning.trainer import Trainer

    parent = None if args.parent == "none" else load(args.parent or PARENT)
    minutes, fewest = _usual_length(parent is None) if args.minutes is None else (args.minutes, 0)
    audio_from = _AUDIO_FROM if args.audio_loss else 1.0
    live = replace(
        Recipe(),
        audio_from=audio_from,
        minutes=minutes,
        fewest=fewest,
        patience=args.patience or PATIENCE,
        iterations=args.iterations or 0,
    )
    return Trainer(target, live, args.seed, device, parent)


def _usual_length(from_scratch: bool) -> tuple[float, int]:
    """Minutes, and the iterations for which a slow machine may take longer."""
    from training.learning import recipe

    if from_scratch:
        return recipe.FROM_SCRATCH_MINUTES, recipe.FROM_SCRATCH_ITERATIONS
    return recipe.FROM_PARENT_MINUTES, recipe.FROM_PARENT_ITERATIONS
