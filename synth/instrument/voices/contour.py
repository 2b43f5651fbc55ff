"""A recording's own beginning and end, played by each voice: how every row rises, fades and dies away.

Training measures three things (preset schema 2): `attack`, the rows of the note's first moments relative to the
trained region; `decay_db_per_s`, the slope that was taken out of the region, below 0 for a row that fades; and
`release_db_per_s`, the slope after the note's end. A voice adds them to the columns it reads, each scaled by a knob:
0 leaves it out, 1 is as recorded. A preset without them adds nothing.

Axes: `V` voices, `M` mel bands, `A` frames of the attack.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.mel import DB_PER_NEPER, LOG_MEL_FLOOR
from synth.presets.model import Preset

Values = NDArray[np.float64]

_HANDOVER_S = 0.5
"""What the attack's last frame of a row that lasts is away from the region glides to 0 within this: the culture takes
over. A row that fades goes on from that frame by its decay."""
_LOWEST = LOG_MEL_FLOOR
"""No offset need be lower: the loudest row is silent by then."""


@dataclass(frozen=True)
class ContourAmounts:
    """How much of a recording's contour is played; numbers, or arrays (V,)."""

    attack: float | Values = 1.0
    decay: float | Values = 1.0
    release: float | Values = 1.0

    def of(self, slots: NDArray[np.int64]) -> "ContourAmounts":
        """Those of some voices, (n,), where they are arrays."""
        if not any(isinstance(each, np.ndarray) for each in (self.attack, self.decay, self.release)):
            return self
        return ContourAmounts(*(v[slots] if isinstance(v, np.ndarray) else v for v in vars(self).values()))


class Contour:
    """One preset's contour."""

    def __init__(
        self,
        n_mels: int,
        frames_per_second: float,
        attack_db: NDArray[np.floating] | None = None,
        decay_db_per_s: NDArray[np.floating] | None = None,
        release_db_per_s: NDArray[np.floating] | None = None,
    ) -> None:
        """`attack_db` (A, M), the slopes (M,); None where the recording has none.

        Frame 0 of the attack is the mel frame whose hop begins at the onset. Slopes that rise are taken as 0: a note
        that would grow for ever was measured wrongly.
        """
        self._fps = frames_per_second
        if attack_db is None or len(attack_db) == 0:
            attack_db = np.zeros((0, n_mels))
        self.attack_frames = len(attack_db)
        self._attack = (attack_db if len(attack_db) else np.zeros((1, n_mels))).astype(np.float64) / DB_PER_NEPER
        self._decay = _falling(decay_db_per_s, n_mels) / frames_per_second
        self._release = _falling(release_db_per_s, n_mels) / frames_per_second

    @property
    def empty(self) -> bool:
        """True when nothing is ever added."""
        return not self._attack.any() and not self._decay.any() and not self._release.any()

    def offsets(self, age: Values, release_age: Values, amounts: ContourAmounts) -> Values:
        """What is added to the voices' log-mel rows, (V, M) nepers.

        `age` (V,) frames since each note began, `release_age` (V,) since it was let go, at or below 0 while it is held;
        both may be fractions.
        """
        age = np.maximum(age, 0.0)
        share = _column(amounts.attack)
        offsets = share * self._attack_at(age)
        # The recorded attack fades by itself: as far as it is played, the decay begins where it ends.
        within = np.minimum(age, self.attack_frames)
        fading = (age - within)[:, None] + (1 - share) * within[:, None]
        offsets = offsets + _column(amounts.decay) * fading * self._decay
        offsets = offsets + _column(amounts.release) * np.maximum(release_age, 0.0)[:, None] * self._release
        return np.maximum(offsets, _LOWEST)

    def _attack_at(self, age: Values) -> Values:
        """(V,) frames → (V, M): between frames in a straight line. After the last one, rows that last are on the way to
        0; rows that fade stay, since the culture holds a fading sound at a height it has passed by then."""
        last = len(self._attack) - 1
        # A frame's level is that of its middle.
        at = np.clip(age - 0.5, 0, last)
        low = np.floor(at).astype(np.int64)
        high = np.minimum(low + 1, last)
        rows = self._attack[low] + (at - low)[:, None] * (self._attack[high] - self._attack[low])
        left = 1 - np.clip((age - self.attack_frames) / (_HANDOVER_S * self._fps), 0, 1)
        return rows * np.where(self._decay < 0, 1.0, left[:, None])


def _falling(slopes_db_per_s: NDArray[np.floating] | None, n_mels: int) -> Values:
    """Slopes in nepers per second, (M,), none above 0."""
    if slopes_db_per_s is None:
        return np.zeros(n_mels)
    return np.minimum(slopes_db_per_s.astype(np.float64), 0.0) / DB_PER_NEPER


def _column(amount: float | Values) -> Values:
    return np.atleast_1d(np.asarray(amount, np.float64))[:, None]


def contour_of(preset: Preset) -> Contour:
    """The contour of the recording a preset was trained on, as far as it was measured."""
    measured = (preset.attack, preset.decay_db_per_s, preset.release_db_per_s)
    arrays = (None if tensor is None else tensor.double().numpy() for tensor in measured)
    return Contour(preset.mel.n_mels, preset.mel.frames_per_second, *arrays)
