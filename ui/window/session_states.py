"""How control states and variations are stored in the session's file."""

from collections.abc import Callable, Mapping
from typing import Any

from synth.instrument.parameters.values import ParameterValues
from synth.storage import Check, one_of, perhaps, text, whole_number
from ui.controls.motion.model import Motion
from ui.controls.motion.stored import as_stored, stored_motion
from ui.controls.states import LETTERS, LIMIT, MAX_NAME, Letter, Snapshot, States, Variation

OLD_SECTION = "other"
"""Where the state that does not play was kept while there were two."""
_MOST = 10**9


def section_of(letter: Letter) -> str:
    """Where a state's controls are kept."""
    return f"state_{letter}"


def top_checks(controls: Mapping[str, Check]) -> dict[str, Check]:
    """The fields that tell of states and variations, `controls` being one check per control."""
    letters = one_of(*LETTERS)

    def held(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise ValueError("a list of letters from A to D")
        return tuple(letters(letter) for letter in value)

    def variations(value: object) -> tuple[Variation, ...]:
        try:
            return tuple(_variation(one, controls) for one in value)[-LIMIT:]  # type: ignore[attr-defined]
        except (KeyError, TypeError, AttributeError, ValueError):
            raise ValueError("a list of variations") from None

    return {"letter": letters, "back": letters, "states": held, "variations": variations}


NAME_CHECKS: dict[str, Check] = dict.fromkeys(LETTERS, text)
MOTION_CHECKS: dict[str, Check] = dict.fromkeys(LETTERS, perhaps(stored_motion))


def _variation(stored: Mapping[str, Any], controls: Mapping[str, Check]) -> Variation:
    values = {id: controls[id](value) for id, value in stored["values"].items() if id in controls}
    number = whole_number(1, _MOST)(stored["number"])
    return Variation(number, text(stored["preset"]), values, stored["before"] is True)


def states_from(
    top: dict[str, Any],
    names: Mapping[str, str],
    motions: Mapping[str, Motion | None],
    old: bool,
    read: Callable[[str], ParameterValues],
) -> States:
    """Take the fields of the states out of what was found; `read` reads a section of controls.

    `old`: there is the section of a file from the time of two states.
    """
    letter: Letter = top.pop("letter", "A")
    back: Letter = top.pop("back", "B")
    if back == letter:
        back = "B" if letter == "A" else "A"
    held = top.pop("states", None)
    if held is None and old:
        stored = {back: Snapshot(read(OLD_SECTION))}
    else:
        others = [other for other in held or () if other != letter]
        stored = {other: Snapshot(read(section_of(other)), motions.get(other)) for other in others}
    return States(letter, back, stored, {letter: names[letter][:MAX_NAME] for letter in LETTERS if names.get(letter)})


def states_as_json(states: States, variations: tuple[Variation, ...]) -> dict[str, Any]:
    """Fields and sections to be stored."""
    return {
        "letter": states.letter,
        "back": states.back,
        "states": list(states.stored),
        "state_motions": {letter: _motion_of(states, letter) for letter in LETTERS},
        "state_names": {letter: states.names.get(letter, "") for letter in LETTERS},
        "variations": [
            {"number": one.number, "preset": one.preset, "before": one.before, "values": dict(one.values)}
            for one in variations
        ],
        **{section_of(letter): dict(held.values) for letter, held in states.stored.items()},
    }


def _motion_of(states: States, letter: Letter) -> list[Any] | None:
    held = states.stored.get(letter)
    return None if held is None or held.motion is None else as_stored(held.motion)
