"""A vocoder that works in a thread beside the culture: for rendering, where nobody waits for the next block.

Axes: `B` heads, `N` samples.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from synth.presets.model import Preset
from synth.saved_arrays import SavedArrays
from synth.vocoder.contract import Onset, Vocoder, VoiceFrames, add_to_the_end, one_voice

T = TypeVar("T")


class SoundThread:
    """Does what makes sound of frames, one thing after the other, in the order in which it is asked."""

    def __init__(self) -> None:
        # Both are each thread's own.
        self._pool = ThreadPoolExecutor(1, "sound", initializer=torch.set_num_threads, initargs=(1,))

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Do this after what was asked before."""

        def run() -> T:
            with torch.inference_mode():
                return work()

        return self._pool.submit(run)

    def close(self) -> None:
        """Wait for what is being done; nothing else is done any more."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class VocoderBeside:
    """Another vocoder, whose work goes on while the next frames are made.

    Each call of `process_voices` returns the sound of the call before, the first one none: the stream of samples is the
    inner vocoder's to the bit, and only arrives a call later. So it does for whoever joins the blocks, and for nobody
    who needs each call's samples at once, as a player does.
    """

    def __init__(self, inner: Vocoder, thread: SoundThread, n_heads: int = 2) -> None:
        self._inner, self._thread = inner, thread
        self._nothing = torch.zeros(n_heads, 0)
        self._pending: Future[Tensor] | None = None
        self.name, self.format = inner.name, inner.format

    @property
    def delay_samples(self) -> int:
        return self._inner.delay_samples

    @property
    def strikes_at_once(self) -> bool:
        return self._inner.strikes_at_once

    @property
    def plays_two(self) -> bool:
        return self._inner.plays_two

    @property
    def max_voices(self) -> int:
        return self._inner.max_voices

    def prepare(self, preset: Preset, out_rate_hz: int, n_heads: int = 1, seed: int = 0) -> None:
        self._nothing = torch.zeros(n_heads, 0)
        self._pending = None
        self._thread.submit(lambda: self._inner.prepare(preset, out_rate_hz, n_heads, seed)).result()

    def reset(self, warm: Tensor | None = None) -> None:
        self._pending = None
        self._thread.submit(lambda: self._inner.reset(warm)).result()

    def start(self, slot: int, note: int = 0, offset_samples: int = 0) -> None:
        self._thread.submit(lambda: self._inner.start(slot, note, offset_samples)).result()

    def strike(self, slot: int, note: int, offset_samples: int, onset: Onset) -> Tensor:
        """What is to be added is added here, to the sound that is under way."""
        before = self._pending

        def struck() -> Tensor:
            added = self._inner.strike(slot, note, offset_samples, onset)
            sound = self._nothing if before is None else before.result()
            add_to_the_end(sound, added)
            return sound

        self._pending = self._thread.submit(struck)
        return self._nothing

    def save(self) -> SavedArrays | None:
        """None: a call's sound is always under way."""
        return None

    def restore(self, saved: SavedArrays) -> None:
        raise ValueError(self.name)

    def free(self, slot: int) -> None:
        self._thread.submit(lambda: self._inner.free(slot)).result()

    def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
        before, self._pending = self._pending, self._thread.submit(lambda: self._inner.process_voices(voices, spread))
        return self._nothing if before is None else before.result()

    def process(self, log_mel: Tensor, pitch_ratio: Tensor, spread: float = 0.0) -> Tensor:
        return self.process_voices(one_voice(log_mel, pitch_ratio), spread)

    def flush(self) -> Tensor:
        last, self._pending = self._pending, None
        owed = self._thread.submit(self._inner.flush).result()
        return owed if last is None else torch.cat([last.result(), owed], dim=1)
