"""What is asked of one training, and the folder in which it happens.

trainings/20261125-023442-flute/
    job.json                          what was asked
    culture.safetensors               the best so far
    culture.safetensors.training      the state to resume from
    checkpoint-000620.safetensors     what was heard on the way
    log.txt                           what the child said that was no message
    window.lock                       whose window has it, while one has
    culture.safetensors.lock          which process trains, while one does
"""

import datetime
import json
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from synth.errors import PresetError, TrainingError
from synth.file_lock import Claim, claimed_by
from synth.presets.file import SUFFIX
from synth.presets.user_folder import file_for

UNTIL_GROWN = 0.0
"""Minutes: as many as `petrichord train` takes by itself."""
_PATIENCE = 5
"""Beside a playing instrument two cores train a quarter as fast as by themselves."""
NO_PARENT = "none"
STATE_SUFFIX, LOCK_SUFFIX = ".training", ".lock"
"""Beside the preset, as `petrichord train` calls them."""
_JOB, _LOG, _LOCK = "job.json", "log.txt", "window.lock"


@dataclass(frozen=True)
class Job:
    """One training as its user wants it."""

    recording: Path
    name: str
    tags: str = ""
    credit: str = ""
    author: str = ""
    licence: str = ""
    format: str = "22k80"
    parent: str = "violin"
    minutes: float = UNTIL_GROWN
    seed: int = 0
    audio_loss: bool = False
    """Judge the second half of the training by its vocoded sound as well."""
    start_s: float | None = None
    """None: training chooses its region."""
    seconds: float | None = None

    def region_arguments(self) -> list[str]:
        """What `--plan` needs to know as well."""
        chosen = [] if self.start_s is None else ["--start", f"{self.start_s:.4f}", "--seconds", f"{self.seconds:.4f}"]
        return [str(self.recording), "--format", self.format, *chosen, "--json-lines", "--attached"]

    def arguments(self, output: Path, *, resume: bool) -> list[str]:
        """For `petrichord train`."""
        labels = {"--name": self.name, "--tags": self.tags, "--credit": self.credit}
        labels |= {"--author": self.author, "--licence": self.licence}
        # With “=”: what somebody types may begin with a dash.
        given = [f"{option}={text.strip()}" for option, text in labels.items() if text.strip()]
        how = ["--minutes", f"{self.minutes:g}"] if self.minutes else ["--patience", str(_PATIENCE)]
        how += ["--parent", self.parent, "--seed", str(self.seed)]
        how += ["--audio-loss"] if self.audio_loss else []
        return [*self.region_arguments(), "--watch", "-o", str(output), *how, *given, *(["--resume"] if resume else [])]


@dataclass(frozen=True)
class Bench:
    """The folder of one training."""

    folder: Path
    job: Job

    @staticmethod
    def set_up(job: Job, root: Path) -> "Bench":
        """A new folder under `root`; `TrainingError` when none can be made, or the name cannot be a preset's."""
        try:
            stem = file_for(job.name, root).stem
        except PresetError as problem:
            raise TrainingError(str(problem)) from problem
        stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        folder, count = root / f"{stamp}-{stem}", 2
        while folder.exists():
            folder, count = root / f"{stamp}-{stem}-{count}", count + 1
        try:
            folder.mkdir(parents=True)
            described = {**asdict(job), "recording": str(job.recording.absolute())}
            (folder / _JOB).write_text(json.dumps(described, indent=1), encoding="utf-8")
        except OSError as error:
            raise TrainingError(
                f"{folder} cannot be written: {error.strerror}; make room there and try again."
            ) from error
        return Bench(folder, job)

    @property
    def preset(self) -> Path:
        """Where the best so far is, once there is one."""
        return self.folder / f"culture{SUFFIX}"

    @property
    def state(self) -> Path:
        return self.preset.with_name(self.preset.name + STATE_SUFFIX)

    @property
    def log(self) -> Path:
        return self.folder / _LOG

    @property
    def resumable(self) -> bool:
        return self.state.is_file()

    @property
    def in_use(self) -> bool:
        """A window has it, or a process still trains in it: another one's where this window does not have it."""
        own = self.preset.with_name(self.preset.name + LOCK_SUFFIX)
        return claimed_by(self.folder / _LOCK) is not None or claimed_by(own) is not None

    def claim(self) -> Claim | None:
        """Take it for this window; None while it is in use."""
        return None if self.in_use else Claim.of(self.folder / _LOCK)

    def checkpoint(self, iteration: int) -> Path:
        """Where the preset of one checkpoint is kept to be heard."""
        return self.folder / f"checkpoint-{iteration:06d}{SUFFIX}"

    def remove(self) -> None:
        """Forget everything about it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def unfinished(root: Path) -> list[Bench]:
    """Trainings under `root` that were neither kept nor discarded, the latest first; other folders are passed over,
    and those that are in use in another window."""
    found = []
    for folder in sorted(root.iterdir(), reverse=True) if root.is_dir() else []:
        try:
            bench = Bench(folder, _job(json.loads((folder / _JOB).read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError, KeyError):
            continue
        if (bench.resumable or bench.preset.is_file()) and not bench.in_use:
            found.append(bench)
    return found


def _job(described: dict[str, Any]) -> Job:
    known = {field.name for field in fields(Job)}
    values = {name: value for name, value in described.items() if name in known}
    job = Job(**{**values, "recording": Path(described["recording"])})
    for field in fields(Job):
        value = getattr(job, field.name)
        expected = {"minutes": (int, float), "seed": int, "audio_loss": bool, "recording": Path}.get(field.name, str)
        if field.name in ("start_s", "seconds"):
            expected = (int, float, type(None))
        if not isinstance(value, expected):  # type: ignore[arg-type]
            raise TypeError(field.name)
    return job
