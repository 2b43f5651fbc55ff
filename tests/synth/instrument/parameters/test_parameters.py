"""The table of controls: values go to and fro without loss, text is read as people write it, bad ones are refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.commands.cli import main
from synth.errors import UsageError
from synth.instrument.events import SetParameter
from synth.instrument.parameters.parameter import Display, Parameter
from synth.instrument.parameters.table import BRUSH_PARAMETERS, PARAMETERS
from synth.instrument.parameters.values import ParameterValues, from_settings, readable

ROWS = [*PARAMETERS.values(), *BRUSH_PARAMETERS.values()]
NUMBERS = [p for p in ROWS if not p.is_switch and p.display.widget != "note"]
CUTOFF = Parameter(
    "cutoff_hz", "Cutoff", "Hz", Display("Cutoff", "Hz", step=0.1), 20.0, 20000.0, 1000.0,
    "exponential", 0.0, "voice", "preset", True, None, "A row as a new control would have it.",
)  # fmt: skip
ANY = st.sampled_from([*ROWS, CUTOFF])
SHARES = st.floats(0, 1)


@given(ANY, SHARES)
def test_normalised_and_back_is_the_same_value(p: Parameter, share: float) -> None:
    value = p.from_normalised(share)
    assert p.holds(value)
    assert p.from_normalised(p.to_normalised(value)) == pytest.approx(value, rel=1e-12, abs=1e-12)
    if not (p.is_switch or p.choices):
        # Four roundings of doubles, and a logarithm that spreads them over seven octaves.
        assert p.to_normalised(value) == pytest.approx(share, abs=1e-12)


@given(ANY, SHARES, SHARES)
def test_a_larger_share_is_never_a_smaller_value(p: Parameter, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert p.from_normalised(low) <= p.from_normalised(high)


@pytest.mark.parametrize("p", [*ROWS, CUTOFF], ids=lambda p: p.id)
def test_the_ends_are_the_ranges_ends(p: Parameter) -> None:
    assert p.from_normalised(0) == p.minimum
    assert p.from_normalised(1) == pytest.approx(p.maximum, rel=1e-14)
    assert (p.from_normalised(-3), p.from_normalised(7)) == (p.minimum, p.maximum)
    assert (p.to_normalised(p.minimum), p.to_normalised(p.maximum)) == (0, 1)


def test_half_way_is_by_difference_or_by_ratio() -> None:
    assert PARAMETERS["playhead_speed"].from_normalised(0.5) == pytest.approx(0)
    assert CUTOFF.from_normalised(0.5) == pytest.approx((20 * 20000) ** 0.5)
    assert PARAMETERS["frozen"].from_normalised(0.49) is False
    assert PARAMETERS["frozen"].from_normalised(0.5) is True


def test_ids_are_those_in_presets_sessions_and_takes_of_today() -> None:
    assert list(ParameterValues()) == list(PARAMETERS)
    assert set(PARAMETERS) >= {
        "steps_per_frame", "weather_depth", "weather_speed", "playhead_speed", "note", "fine_cents", "width", "tilt_db",
        "volume_db", "fade_in_s", "fade_out_s", "frozen", "follow_hand",
    }  # fmt: skip
    assert not PARAMETERS.keys() & BRUSH_PARAMETERS.keys()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("volume_db", "-3 dB", -3), ("volume_db", "−3db", -3), ("fine_cents", "+7 ct", 7), ("fine_cents", "7 cents", 7),
        ("width", "50 %", 0.5), ("width", "50percent", 0.5), ("weather_depth", "1.5 ×", 1.5),
        ("weather_speed", "2x", 2), ("playhead_speed", "-0,5", -0.5), ("steps_per_frame", "1 step", 1),
        ("tilt_db", "+2 dB", 2), ("tilt_db", "-1.5 dB/oct", -1.5), ("tilt_db", "3 dB/octave", 3),
        ("fade_in_s", "20 ms", 0.02), ("fade_in_s", "1.5 s", 1.5), ("fade_out_s", "2", 2),
    ],
)  # fmt: skip
def test_values_are_read_as_people_write_them(name: str, text: str, value: float) -> None:
    assert PARAMETERS[name].parse(text) == pytest.approx(value)


@pytest.mark.parametrize("seconds", [0.005, 0.0123, 0.04, 0.12, 0.997, 1.04, 3.33, 10.0])
def test_times_go_by_proportion_and_lie_on_the_nearest_step(seconds: float) -> None:
    p = PARAMETERS["fade_in_s"]
    found = p.at_step(p.step_of(seconds))
    others = [p.at_step(index) for index in range(p.n_steps + 1)]
    assert abs(found - seconds) == min(abs(other - seconds) for other in others)
    # Half way along is a tenth of the way in seconds.
    assert p.at_step(p.n_steps // 2) < 1.0


@pytest.mark.parametrize("p", [*NUMBERS, CUTOFF], ids=lambda p: p.id)
def test_every_control_reaches_its_ends_and_default_and_reads_back_what_it_shows(p: Parameter) -> None:
    assert p.at_step(0) == pytest.approx(p.minimum)
    assert p.at_step(p.n_steps) == pytest.approx(p.maximum)
    # A step of an exponential curve is 3 %.
    assert p.at_step(p.step_of(p.default)) == pytest.approx(p.default, rel=0.015 if p is CUTOFF else 1e-9)
    for index in range(0, p.n_steps + 1, max(1, p.n_steps // 37)):
        value = p.at_step(index)
        assert p.parse(p.text(value)) == pytest.approx(value, abs=0.51 * p.display.step / p.display.factor)


def test_the_range_is_named_in_displayed_units() -> None:
    with pytest.raises(UsageError, match=r"Volume of 20 dB is outside its range: choose −60\.0 dB to \+12\.0 dB"):
        PARAMETERS["volume_db"].parse("20")


def test_switches_and_notes_are_read_as_words() -> None:
    frozen, note = PARAMETERS["frozen"], PARAMETERS["note"]
    assert [frozen.parse(word) for word in ("on", "True", "1", "off", "no")] == [True, True, True, False, False]
    assert [frozen.text(value) for value in (True, False)] == ["on", "off"]
    assert [note.parse(word) for word in ("A4", "own", "0", "60")] == [69, 0, 0, 60]
    assert [note.text(value) for value in (69, 0)] == ["A4", "own"]
    for p, word in ((frozen, "perhaps"), (note, "H9")):
        with pytest.raises(UsageError, match=word):
            p.parse(word)


# All values


def test_choices_are_words_and_nothing_lies_between_them() -> None:
    mode = PARAMETERS["voice_mode"]
    assert [mode.text(value) for value in (0.0, 1.0, 2.0)] == ["poly", "mono", "legato"]
    assert [mode.parse(word) for word in ("Poly", " mono", "2")] == [0.0, 1.0, 2.0]
    assert [mode.from_normalised(share) for share in (0.2, 0.4, 0.9)] == [0.0, 1.0, 2.0]
    assert mode.n_steps == 2 and mode.holds(1) and not mode.holds(0.5)
    with pytest.raises(UsageError, match="“stereo” is not a value for Mode: choose poly or mono or legato"):
        mode.parse("stereo")
    with pytest.raises(UsageError, match=r"Voice mode of 0\.5 .* 0 \(poly\) or 1 \(mono\) or 2 \(legato\)"):
        ParameterValues(voice_mode=0.5)


def test_values_out_of_range_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match="Evolution of 9 steps/frame"):
        ParameterValues(steps_per_frame=9)
    with pytest.raises(UsageError, match="Width"):
        ParameterValues().with_value("width", float("nan"))
    with pytest.raises(UsageError, match=r"Freeze of 0\.3 .* off or on"):
        ParameterValues(frozen=0.3)
    with pytest.raises(UsageError, match="no control “colour”: `petrichord parameters` lists"):
        SetParameter("colour", 1.0)
    with pytest.raises(UsageError, match="Tilt"):
        SetParameter("tilt_db", -99)


def test_moving_one_leaves_the_others_and_the_original_alone() -> None:
    before = ParameterValues(width=0.25, frozen=True)
    after = before.with_value("tilt_db", 2)
    assert (before["tilt_db"], after["tilt_db"], after["width"], after["frozen"]) == (0.0, 2.0, 0.25, True)
    assert after.differing_from(before) == {"tilt_db": 2.0}
    assert after == ParameterValues({"width": 0.25}, frozen=True, tilt_db=2)
    assert hash(after) == hash(ParameterValues(width=0.25, frozen=True, tilt_db=2))
    with pytest.raises(TypeError):
        after["width"] = 1.0  # type: ignore[index]


def test_settings_keep_what_they_know_and_ignore_the_rest() -> None:
    controls = ParameterValues(width=0.25, playhead_speed=-1.5, reverb_on=True, delay_sync=True)
    assert from_settings(controls.as_settings()) == controls
    assert from_settings({"reverb_on": 0.5}) == ParameterValues()
    assert from_settings({"width": 7.0, "frozen": 1.0, "colour": 3.0}) == ParameterValues()
    assert set(controls.as_settings()) == {p.id for p in PARAMETERS.values() if not p.is_switch or p.owner == "preset"}


def test_of_a_files_values_only_those_that_fit_are_taken() -> None:
    stored = {"note": 61, "width": 99.0, "frozen": True, "follow_hand": 0, "tilt_db": True, "volume_db": "loud", "x": 3}
    assert readable(stored) == ParameterValues(note=61, frozen=True)


# The command


def test_the_command_lists_every_row_with_all_that_is_known_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "--json"]) == 0
    listed = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed.keys() == PARAMETERS.keys() | BRUSH_PARAMETERS.keys()
    assert listed["width"]["maximum"] == 1.0
    assert listed["width"]["display"]["unit"] == "%"
    assert listed["steps_per_frame"]["vary"] == {"amount": 0.5, "lowest": 0.25, "highest": 3.0, "doubling": True}
    assert main(["parameters"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [p.id for p in ROWS]
