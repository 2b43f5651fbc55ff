"""Control states A to D, and the variations one can go back to. Knows neither Qt nor the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from ui.controls.motion.model import Motion

Letter = Literal["A", "B", "C", "D"]
LETTERS: tuple[Letter, ...] = get_args(Letter)
MAX_NAME = 24
LIMIT = 24
"""Variations that are kept."""

Values = Mapping[str, float]


@dataclass(frozen=True)
class Snapshot:
    """What a control state holds. Whatever else one is to hold is another field, with a default."""

    values: Values
    motion: Motion | None = None
    """What moves the controls; None where that was not kept: it stays as it is."""


@dataclass(frozen=True)
class States:
    """The states of all controls that can be compared."""

    letter: Letter = "A"
    """The one that plays; what it holds is how the controls stand."""
    back: Letter = "B"
    """The one that B switches to: it played before."""
    stored: Mapping[Letter, Snapshot] = field(default_factory=dict)
    """What the others hold; one that is not here was neither played nor copied to: it begins as a copy."""
    names: Mapping[Letter, str] = field(default_factory=dict)

    def switched(self, to: Letter, now: Snapshot) -> "States":
        """`to` plays, and the one that played, which is `now`, is kept."""
        kept = {letter: held for letter, held in self.stored.items() if letter != to}
        return replace(self, letter=to, back=self.letter, stored={**kept, self.letter: now})

    def copied(self, to: Letter, now: Snapshot) -> "States":
        """`to` is like the one that plays, and B switches to it."""
        return replace(self, back=to, stored={**self.stored, to: now})

    def named(self, letter: Letter, name: str) -> "States":
        """With a name for one of them; an empty one takes it away."""
        others = {other: kept for other, kept in self.names.items() if other != letter}
        name = " ".join(name.split())[:MAX_NAME]
        return replace(self, names={**others, letter: name} if name else others)

    def title(self, letter: Letter) -> str:
        """A, or A “bright”."""
        return f"{letter} “{self.names[letter]}”" if letter in self.names else letter


@dataclass(frozen=True)
class Variation:
    """Where the preset's controls stood after Vary, or `before` it."""

    number: int
    preset: str
    values: Values
    before: bool = False

    @property
    def label(self) -> str:
        """As it is listed."""
        return f"{'Before ' if self.before else ''}Vary {self.number} – {self.preset}"


def with_variation(history: Sequence[Variation], preset: str, before: Values, after: Values) -> tuple[Variation, ...]:
    """The history, oldest first, with one more result of Vary; what it began from is kept if it is not there yet."""
    number = 1 + max((variation.number for variation in history), default=0)
    begun = [] if history and history[-1].values == before else [Variation(number, preset, before, True)]
    return (*history, *begun, Variation(number, preset, after))[-LIMIT:]
