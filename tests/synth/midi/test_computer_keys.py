"""Computer keys as a piano."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.midi.computer_keys import US_LETTERS, ComputerKeys, KeyChange, KeyNote, Platform

_X11 = {"a": 38, "w": 25, "s": 39, "z": 52, "x": 53, "q": 24, "'": 48}


@pytest.mark.parametrize(
    ("platform", "codes"),
    [
        # xmodmap -pke of a US keyboard; the same from Wayland's compositors.
        ("x11", (38, 25, 39, 26, 40, 41, 28, 42, 29, 43, 30, 44, 45, 32, 46, 33, 47, 48)),
        ("wayland", (38, 25, 39, 26, 40, 41, 28, 42, 29, 43, 30, 44, 45, 32, 46, 33, 47, 48)),
        # Microsoft's keyboard scan code table, set 1.
        (
            "windows",
            (
                0x1E,
                0x11,
                0x1F,
                0x12,
                0x20,
                0x21,
                0x14,
                0x22,
                0x15,
                0x23,
                0x16,
                0x24,
                0x25,
                0x18,
                0x26,
                0x19,
                0x27,
                0x28,
            ),
        ),
        # kVK_ANSI_A, W, S, E, D, F, T, G, Y, H, U, J, K, O, L, P, Semicolon, Quote of Apple's Events.h.
        (
            "macos",
            (
                0x00,
                0x0D,
                0x01,
                0x0E,
                0x02,
                0x03,
                0x11,
                0x05,
                0x10,
                0x04,
                0x20,
                0x26,
                0x28,
                0x1F,
                0x25,
                0x23,
                0x29,
                0x27,
            ),
        ),
    ],
)
def test_every_platform_plays_a_scale_by_position(platform: Platform, codes: tuple[int, ...]) -> None:
    keys = ComputerKeys(platform)
    played = [keys.press(code).begun[0].key for code in codes]
    assert played == list(range(60, 60 + len(US_LETTERS)))


def test_an_azerty_keyboard_plays_the_same_keys_and_shows_its_own_letters() -> None:
    keys = ComputerKeys("x11")
    keys.show_layout({"A": "q", "W": "z", ";": "m"})
    assert keys.press(_X11["a"], text="q").begun == (KeyNote(0, 4),)
    assert keys.press(_X11["q"], text="a") == KeyChange(), "left of the piano, whatever is printed on it"
    assert keys.letters()[:3] == ("Q", "Z", "S") and keys.letters()[-2:] == ("M", "'")


def test_letters_are_learned_from_what_is_typed() -> None:
    keys = ComputerKeys("x11")
    keys.press(_X11["a"], text="ф")
    assert keys.letters()[0] == "Ф"
    keys.press(_X11["s"], text="\x13")
    assert keys.letters()[2] == "S", "a control character is no letter"


def test_key_repeat_begins_and_ends_nothing() -> None:
    """X11 sends a release and a press for each repeat, both marked; some systems send presses that are not."""
    keys = ComputerKeys("x11")
    keys.press(_X11["a"])
    assert keys.release(_X11["a"], is_repeat=True) == KeyChange(taken=True)
    assert keys.press(_X11["a"], is_repeat=True) == KeyChange(taken=True)
    assert keys.press(_X11["a"]) == KeyChange(taken=True)
    assert keys.release(_X11["a"]).ended == (KeyNote(0, 4),)


def test_a_note_ends_in_the_octave_it_began_in() -> None:
    keys = ComputerKeys("x11")
    keys.press(_X11["a"])
    assert keys.press(_X11["x"]) == KeyChange(octave_moved=True, taken=True)
    assert keys.press(_X11["w"]).begun[0].key == 73
    assert keys.release(_X11["a"]).ended[0].key == 60


def test_octaves_end() -> None:
    keys = ComputerKeys("x11", octave=1)
    assert not keys.press(_X11["z"]).octave_moved and keys.octave == 1


def test_a_shortcut_is_no_note_but_ends_one() -> None:
    keys = ComputerKeys("x11")
    assert keys.press(_X11["s"], has_modifier=True) == KeyChange()
    keys.press(_X11["s"])
    assert keys.release(_X11["s"]).ended != ()


def test_lost_focus_ends_every_note() -> None:
    keys = ComputerKeys("x11")
    keys.press(_X11["a"])
    keys.press(_X11["w"])
    assert set(keys.release_all().ended) == {KeyNote(0, 4), KeyNote(1, 4)}
    assert keys.sounding == () and keys.release(_X11["a"]) == KeyChange()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["press", "release", "leave"]),
            st.sampled_from([*_X11.values(), 7]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=80,
    )
)
def test_no_note_hangs_whatever_is_pressed(steps: list[tuple[str, int, bool, bool]]) -> None:
    keys, sounding = ComputerKeys("x11"), set[KeyNote]()
    for what, code, is_repeat, has_modifier in [*steps, ("leave", 0, False, False)]:
        match what:
            case "press":
                change = keys.press(code, is_repeat=is_repeat, has_modifier=has_modifier)
            case "release":
                change = keys.release(code, is_repeat=is_repeat)
            case _:
                change = keys.release_all()
        assert sounding.isdisjoint(change.begun) and sounding.issuperset(change.ended)
        sounding = (sounding | set(change.begun)) - set(change.ended)
        assert sounding == set(keys.sounding)
    assert not sounding
