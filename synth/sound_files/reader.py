"""Sound files read by libsndfile, and no sample of them that was not decoded.

libsndfile believes what a header says of the length, and `soundfile.blocks` returns whole blocks of whatever was in
memory where a file ends before that. Here the length is found by reading. Axes: `N` samples, `K` channels.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.file_names import system_name
from synth.sound_files.headers import Repaired, repair_of
from synth.sound_files.system_decoder import decoded

Block = NDArray[np.float32]

BLOCK_VALUES = 1 << 20
_MOST_PER_BYTE = 4096
"""No codec packs more samples into a byte, not even of silence."""
_UNKNOWN_LENGTH = 1 << 47
"""libsndfile gives the largest number there is for a FLAC that does not say how long it is."""
_SHORTER = re.compile(
    r"(?:\bdata|SSND|Data Size)\s*: (\d+) \(should be (\d+)\)"
    r"|frame count (\d+) does not match value from 'ds64' chunk of (\d+)"
)
_NO_LENGTH = re.compile(r"SSND\s*: 0 \(should be [1-9]")
_PACKETS = re.compile(r"Samples/Block\s*: (\d+)")
_ENDLESS = "lacks an end-of-stream"
_LENGTH_UNKNOWN = 0x7FFFFF00
_CUT_SHARE = 0.001


class SoundReader:
    """An open sound file of `n_samples` samples that can be read, whatever its header says."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        """Everything that is opened is closed by `stack`."""
        self._source, self._stack = decoded(path), stack
        self._repair = repair_of(self._source)
        self._file = self._opened(stack)
        self.rate_hz, self.channels, self.subtype = self._file.samplerate, self._file.channels, self._file.subtype
        self.log = str(self._file.extra_info)
        """What libsndfile noticed while it read the header."""
        self.said_samples: int | None = len(self._file) if len(self._file) < _UNKNOWN_LENGTH else None
        """As the header has it; None where it has nothing."""
        self.unfinished = bool(_NO_LENGTH.search(self.log)) or (self._repair is not None and self._repair.unfinished)
        """True when what wrote the file never said how much sound it holds."""
        self.n_samples = max(0, self._readable_samples() - self._cut_packet())

    @property
    def seconds(self) -> float:
        return float(self.n_samples / self.rate_hz)

    def how_it_ends(self, name: str) -> str:
        """A sentence about a file that is shorter than it says, or says nothing; "" for one that is as it should be."""
        whole_s = self._said_seconds()
        if self.unfinished:
            return f"{name} was never finished by what recorded it: its {self.seconds:.1f} s were read to the end."
        if self.seconds < (1 - _CUT_SHARE) * whole_s:
            return f"{name} is cut off: {self.seconds:.1f} of {whole_s:.1f} s are there, and learned from."
        if _ENDLESS in self.log:
            return f"{name} is cut off after {self.seconds:.1f} s; what is there is learned from."
        return ""

    def _said_seconds(self) -> float:
        """How long the header says it is; 0 where it says nothing, or the largest number there is, as into a pipe."""
        if self.said_samples is None:
            return 0.0
        found = _SHORTER.search(self.log)
        if found is None:
            return float(self.said_samples / self.rate_hz)
        there, said = sorted(int(number) for number in found.groups() if number is not None)
        return self.seconds * said / there if there and said < _LENGTH_UNKNOWN else 0.0

    def read(self, first: int, n_samples: int) -> Block:
        """Samples (n, K) from `first` on: fewer where the file ends."""
        blocks = list(self.blocks(first, n_samples))
        return np.concatenate(blocks) if blocks else np.zeros((0, self.channels), np.float32)

    def blocks(self, first: int = 0, n_samples: int | None = None, size: int | None = None) -> Iterator[Block]:
        """Samples (n, K), in new arrays of at most `size`: six channels at 192 kHz are 550 MB in two minutes."""
        size = size or max(1, BLOCK_VALUES // self.channels)
        left = self.n_samples - first if n_samples is None else min(n_samples, self.n_samples - first)
        if left <= 0:
            return
        file = self._at_sample(first)
        while left > 0:
            block = np.empty((min(size, left), self.channels), np.float32)
            # With `out` the result is cut to what was decoded.
            block = file.read(out=block)
            if not len(block):
                return
            left -= len(block)
            yield block

    def _at_sample(self, first: int) -> Any:
        """The open file, about to read sample `first`."""
        if self._file.seekable():
            self._file.seek(min(first, self.n_samples))
            return self._file
        # Some codecs can only be read from the beginning on.
        self._file = self._opened(self._stack)
        skipped = 0
        while skipped < first:
            block = self._file.read(min(BLOCK_VALUES, first - skipped), dtype="float32", always_2d=True)
            if not len(block):
                break
            skipped += len(block)
        return self._file

    def _opened(self, stack: ExitStack) -> Any:
        import soundfile

        if self._repair is None:
            return stack.enter_context(soundfile.SoundFile(system_name(self._source)))
        raw = stack.enter_context(self._source.open("rb"))
        return stack.enter_context(soundfile.SoundFile(Repaired(raw, self._repair)))

    def _cut_packet(self) -> int:
        """The samples of a last packet of which a part is missing: of that part decoders make anything."""
        packets = _PACKETS.search(self.log)
        return int(packets[1]) if packets is not None and _SHORTER.search(self.log) else 0

    def _readable_samples(self) -> int:
        """How many samples can be decoded: all of them, in the common case, which one look at the last one tells."""
        if not self._file.seekable():
            return len(self._file)
        high = self.said_samples
        if high is None:
            high = _MOST_PER_BYTE * self._source.stat().st_size
        with ExitStack() as stack:
            probe = _Probe(lambda: self._opened(stack), reused="MPEG" in self.subtype)
            if high == 0 or probe.is_readable(high - 1):
                return high
            low, high = 0, high - 1
            while low < high:
                middle = (low + high) // 2
                if probe.is_readable(middle):
                    low = middle + 1
                else:
                    high = middle
            return low


class _Probe:
    """Asks of single samples whether they are there."""

    def __init__(self, opened: Callable[[], Any], reused: bool) -> None:
        """`reused` says that one open file will do. The decoder of ALAC gives what it decoded last where it fails,
        and that of FLAC goes on failing; the one of MP3 needs neither and writes a warning each time it is opened."""
        self._opened, self._reused = opened, reused
        self._file: Any = None

    def is_readable(self, sample: int) -> bool:
        """Whether this sample can be decoded."""
        import soundfile

        if self._file is None or not self._reused:
            self._file = self._opened()
        try:
            self._file.seek(sample)
            return len(self._file.read(1)) == 1
        except soundfile.SoundFileError:
            self._file = None
            return False


@contextmanager
def open_sound(path: Path) -> Iterator[SoundReader]:
    """A sound file, closed at the end.

    Raises `RecordingError` where another program would have to convert the file first, and what soundfile and the
    system raise: `soundfile.SoundFileError`, `OSError`, `ValueError`, `MemoryError`.
    """
    with ExitStack() as stack:
        yield SoundReader(path, stack)
