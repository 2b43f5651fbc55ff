"""Who made what is in here: the recordings behind the presets, and the software it is built on."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from safetensors import SafetensorError

from synth.errors import PresetError
from synth.presets.model import Credit
from synth.presets.variation import opened


@dataclass(frozen=True)
class Package:
    """Software somebody gave away."""

    name: str
    """As its distribution is called."""
    by: str
    licence: str

    @property
    def version(self) -> str:
        """The installed one, "" when there is none."""
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:
            return ""


PACKAGES: tuple[Package, ...] = (
    Package("torch", "the PyTorch contributors", "BSD-3-Clause"),
    Package("bigvgan", "NVIDIA Corporation (S. Lee, W. Ping, B. Ginsburg, B. Catanzaro, S. Yoon)", "MIT"),
    Package("PySide6-Essentials", "The Qt Company", "LGPL-3.0"),
    Package("pyqtgraph", "the PyQtGraph developers", "MIT"),
    Package("numpy", "the NumPy developers", "BSD-3-Clause"),
    Package("scipy", "the SciPy developers", "BSD-3-Clause"),
    Package("librosa", "the librosa development team", "ISC"),
    Package("numba", "Anaconda, Inc. and contributors", "BSD-2-Clause"),
    Package("llvmlite", "Anaconda, Inc. and contributors", "BSD-2-Clause"),
    Package("sounddevice", "M. Geier; PortAudio by R. Bencina, P. Burk and others", "MIT"),
    Package("soundfile", "B. Bechtold; libsndfile by E. de Castro Lopo and others (LGPL-2.1)", "BSD-3-Clause"),
    Package("soxr", "dofuuz; libsoxr by R. Sykes", "LGPL-2.1"),
    Package("safetensors", "Hugging Face", "Apache-2.0"),
    Package("huggingface_hub", "Hugging Face", "Apache-2.0"),
    Package("certifi", "K. Reitz; certificates by Mozilla", "MPL-2.0"),
    Package("platformdirs", "the platformdirs developers", "MIT"),
    Package("pyloudnorm", "C. Steinmetz", "MIT"),
    Package("psutil", "G. Rodolà", "BSD-3-Clause"),
    Package("matplotlib", "the Matplotlib development team", "PSF-based"),
    Package("tqdm", "the tqdm developers", "MPL-2.0 and MIT"),
    Package("tuning-library", "Surge Synth Team", "MIT"),
    Package("python-rtmidi", "C. Arndt; RtMidi by G. P. Scavone", "MIT"),
)


def read_credit(path: Path) -> tuple[str, Credit] | None:
    """A preset's name and the recording it grew from, without loading it; None when it cannot be read."""
    try:
        with opened(path) as (told, _):
            credit = told["credit"]
            return str(told["name"]), Credit(*(str(credit[key]) for key in ("recording", "author", "licence")))
    except (PresetError, OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError):
        return None
