"""librosa, imported while no other process compiles its loops.

Two processes that compile them at once leave halves on disk that do not fit: a loop and what calls it are kept in two
files, and one names the other by a number that its process counted. Every process after that would end with a
segmentation fault, until the files are removed.
"""

from synth.compiled.cache import keep_compiled_code_apart
from synth.file_lock import alone_in

_PATIENCE_S = 120.0
"""Compiling takes three seconds, and far longer beside other work."""

with alone_in(keep_compiled_code_apart(), _PATIENCE_S):
    import librosa
    import librosa.core.audio
    import librosa.core.pitch
    import librosa.util.utils
    from librosa.effects import trim
    from librosa.filters import mel

__all__ = ["librosa", "mel", "trim"]
