"""The computer's keyboard as a piano: keys by their place, so that every layout plays the same notes.

A key's place is the number that its hardware sends; what is printed on it depends on the layout and is only shown. The
middle row of letters holds the white keys, the row above it the black ones: on a US keyboard A is C, W is C♯, S is D …
up to the quote key, F an octave higher.
"""

from dataclasses import dataclass
from typing import Literal

Platform = Literal["x11", "wayland", "windows", "macos"]

US_LETTERS = "AWSEDFTGYHUJKOLP;'"
"""What a US keyboard prints on the keys of the piano, from C upwards."""
DOWN_LETTER, UP_LETTER = "Z", "X"
"""The keys that move the piano by an octave, by their US letters."""

# Linux's event codes, which are the PC's scan codes for these keys; X11 and Wayland add 8, Windows adds nothing.
_PC = dict(
    zip(
        "AWSEDFTGYHUJKOLP;'ZX",
        (30, 17, 31, 18, 32, 33, 20, 34, 21, 35, 22, 36, 37, 24, 38, 25, 39, 40, 44, 45),
        strict=True,
    )
)
# Apple's virtual key codes for places (HIToolbox, Events.h: kVK_ANSI_A …).
_MACOS = dict(
    zip("AWSEDFTGYHUJKOLP;'ZX", (0, 13, 1, 14, 2, 3, 17, 5, 16, 4, 32, 38, 40, 31, 37, 35, 41, 39, 6, 7), strict=True)
)
_X11_OFFSET = 8


def _places(platform: Platform) -> dict[int, str]:
    """The hardware's numbers of a platform to US letters."""
    if platform == "macos":
        return {code: letter for letter, code in _MACOS.items()}
    offset = 0 if platform == "windows" else _X11_OFFSET
    return {code + offset: letter for letter, code in _PC.items()}


@dataclass(frozen=True)
class KeyNote:
    """A note that a key began or let go: semitones above the piano's lowest C, and the place that did it."""

    offset: int
    octave: int
    """The piano's octave when the key went down: a note ends where it began even when the octave has moved since."""

    @property
    def key(self) -> int:
        """The MIDI key, 0 … 127; octave 4 begins at 60."""
        return min(max(12 * (self.octave + 1) + self.offset, 0), 127)


@dataclass(frozen=True)
class KeyChange:
    """What a press or release does."""

    begun: tuple[KeyNote, ...] = ()
    ended: tuple[KeyNote, ...] = ()
    octave_moved: bool = False
    taken: bool = False
    """True when the key is the piano's: nothing else should react to it."""


class ComputerKeys:
    """Which keys are down; used by the window's thread.

    `platform` names the source of the numbers: on macOS they are Qt's `nativeVirtualKey`, elsewhere `nativeScanCode`.
    """

    def __init__(self, platform: Platform, octave: int = 4, octaves: tuple[int, int] = (1, 6)) -> None:
        self._places = _places(platform)
        self._octaves = octaves
        self._down: dict[int, KeyNote] = {}
        self._letters: dict[str, str] = {}
        self.octave = octave

    @property
    def sounding(self) -> tuple[KeyNote, ...]:
        """Every note whose key is down."""
        return tuple(self._down.values())

    def code_of(self, letter: str) -> int:
        """The number of the piano's key that prints this letter on a US keyboard; −1 when there is none."""
        return next((code for code, place in self._places.items() if place == letter.upper()), -1)

    def letters(self) -> tuple[str, ...]:
        """What to draw on the piano's keys, from C upwards: the layout's own letter once it is known."""
        return tuple(self._letters.get(letter, letter) for letter in US_LETTERS)

    def show_layout(self, letters: dict[str, str]) -> None:
        """What the layout prints on keys, named by their US letters; keys that are not named keep what they show."""
        self._letters.update({place: shown.upper() for place, shown in letters.items() if shown.strip()})

    def press(self, code: int, *, is_repeat: bool = False, has_modifier: bool = False, text: str = "") -> KeyChange:
        """A key went down. `text` is what it types without Shift, from which the letter drawn on it is learned.

        Repeats of a key that is held begin nothing; with Ctrl, Alt or Meta a key is a shortcut and not a note.
        """
        place = self._places.get(code)
        if place is None or has_modifier:
            return KeyChange()
        if is_repeat or code in self._down:
            return KeyChange(taken=True)
        if len(text) == 1 and text.isprintable():
            self.show_layout({place: text})
        if place in (DOWN_LETTER, UP_LETTER):
            return KeyChange(octave_moved=self.shift_octave(1 if place == UP_LETTER else -1), taken=True)
        note = KeyNote(US_LETTERS.index(place), self.octave)
        self._down[code] = note
        return KeyChange(begun=(note,), taken=True)

    def shift_octave(self, by: int) -> bool:
        """Move the piano, as far as it goes; true when it moved. Notes whose keys are down stay where they are."""
        lowest, highest = self._octaves
        before, self.octave = self.octave, min(max(self.octave + by, lowest), highest)
        return self.octave != before

    def release(self, code: int, *, is_repeat: bool = False) -> KeyChange:
        """A key came up; its note ends whatever modifiers are held by now. Some systems send a release with every
        repeat, which ends nothing."""
        if is_repeat:
            return KeyChange(taken=code in self._down)
        note = self._down.pop(code, None)
        return KeyChange(ended=() if note is None else (note,), taken=note is not None)

    def release_all(self) -> KeyChange:
        """The window lost the focus, or was hidden: releases will not be told any more."""
        ended = self.sounding
        self._down.clear()
        return KeyChange(ended=ended)
