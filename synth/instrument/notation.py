"""What users type: timed gestures, as the command line and files spell them."""

import re
from dataclasses import fields

from synth.automaton.gestures import GESTURE_KINDS, SHAPES, Gesture, Shape
from synth.errors import UsageError
from synth.instrument.events import Action, Event, Redo, ReseedAll, ThawAll, Touch, Undo
from synth.instrument.parameters.typed_numbers import typed_number
from synth.mel import MelFormat, band_centres_hz

_GESTURE_NUMBERS = {f.name for f in fields(Gesture)} - {"kind", "shape"} | {"hz"}
_BETWEEN = re.compile(r",(?=\s*[a-z_]+\s*=)")
_WHOLE: dict[str, Action] = {"reseed-all": ReseedAll(), "thaw-all": ThawAll(), "undo": Undo(), "redo": Redo()}
"""What is done to the culture as a whole."""


def parse_gesture(text: str, fmt: MelFormat, n_frames: int, playhead_speed: float = 1.0) -> Event:
    """`T:KIND[:NAME=VALUE,…]`, T in seconds: "2.5:erase", "1:paint:hz=880,radius_frames=10", "4:reseed-all",
    "3:erase:shape=stripe", "5:undo".

    Without `column` the gesture lands under the playhead, without `row` or `hz` in the middle of the rows.
    """
    when, _, rest = text.partition(":")
    kind, _, arguments = rest.partition(":")
    try:
        seconds = typed_number(when)
    except ValueError as error:
        raise UsageError(f"Gesture “{text}” must begin with its time in seconds, as in 2.5:erase.") from error
    if not 0 <= seconds < 1e6:
        raise UsageError(f"Gesture “{text}” must happen at 0 seconds or later.")
    frame = round(seconds * fmt.frames_per_second)
    if kind in _WHOLE:
        return Event(frame, _WHOLE[kind])
    numbers, shape = _gesture_arguments(text, arguments)
    hz = numbers.pop("hz", None)
    if hz is not None:
        numbers["row"] = float((band_centres_hz(fmt) - hz).abs().argmin())
    numbers.setdefault("row", fmt.n_mels / 2)
    numbers.setdefault("column", frame * playhead_speed % n_frames)
    if kind not in GESTURE_KINDS:
        known = ", ".join((*GESTURE_KINDS, *_WHOLE))
        raise UsageError(f"Gesture “{text}”: there is no “{kind}”; choose one of {known}.")
    return Event(frame, Touch(Gesture(kind, shape=shape, **numbers)))


def _gesture_arguments(text: str, arguments: str) -> tuple[dict[str, float], Shape]:
    numbers: dict[str, float] = {}
    shape: Shape = "round"
    # A comma may be a decimal mark as well: one before a name separates.
    for part in filter(None, _BETWEEN.split(arguments)):
        name, _, value = part.partition("=")
        if name == "shape" and value in SHAPES:
            shape = value
            continue
        try:
            if name not in _GESTURE_NUMBERS:
                raise ValueError(name)
            numbers[name] = typed_number(value)
        except ValueError as error:
            known = ", ".join(sorted(_GESTURE_NUMBERS))
            shapes = " or ".join(SHAPES)
            raise UsageError(
                f"Gesture “{text}”: “{part}” is not one of {known} with a number, nor shape with {shapes}."
            ) from error
    return numbers, shape
