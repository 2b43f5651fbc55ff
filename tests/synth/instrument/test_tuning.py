"""Tunings against ratios multiplied by hand and against tuning-library; every faulty file is one sentence."""

import math
from pathlib import Path

import numpy as np
import pytest
import tuning_library
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import PetrichordError, TuningError
from synth.instrument.tuning import equal_temperament, read_tuning

JUST = ["9/8", "5/4", "4/3", "3/2", "5/3", "15/8", "2/1"]
MIDDLE_C = 440 * 2 ** (-9 / 12)


def scale(folder: Path, *pitches: str, count: int | str | None = None, title: str = "a scale") -> Path:
    path = folder / "scale.scl"
    number = len(pitches) if count is None else count
    path.write_text("\n".join(["! scale.scl", "!", title, f" {number}", "!", *(f" {p}" for p in pitches)]) + "\n")
    return path


def keyboard(folder: Path, *entries: str, head: str = "{n} 0 127 60 69 440.0 {n}") -> Path:
    path = folder / "keys.kbm"
    lines = head.format(n=len(entries)).split()
    path.write_text("! keys.kbm\n" + "\n".join([*lines, "! mapping", *entries]) + "\n")
    return path


def test_without_any_file_keys_are_equally_tempered_with_a_at_440() -> None:
    hz = np.array(equal_temperament().key_hz)
    assert hz[69] == 440.0 and hz[60] == pytest.approx(261.6255653, abs=1e-7)
    np.testing.assert_allclose(hz[12:] / hz[:-12], 2.0, rtol=1e-14)
    np.testing.assert_allclose(equal_temperament().pitches(), np.arange(128), atol=1e-12)
    np.testing.assert_allclose(read_tuning(None).key_hz, hz, rtol=1e-12)


def test_the_reference_moves_every_key_by_as_much() -> None:
    pitches = equal_temperament().pitches(442.0)
    np.testing.assert_allclose(pitches - np.arange(128), 12 * math.log2(442 / 440), atol=1e-12)


def test_a_just_scale_is_its_ratios_from_middle_c_up(tmp_path: Path) -> None:
    hz = read_tuning(scale(tmp_path, *JUST)).key_hz
    steps = [1.0, *(int(r.split("/")[0]) / int(r.split("/")[1]) for r in JUST[:-1])]
    for key in range(40, 90):
        octave, degree = divmod(key - 60, len(JUST))
        assert hz[key] == pytest.approx(MIDDLE_C * 2**octave * steps[degree], rel=1e-9)


@pytest.mark.parametrize(
    ("pitches", "key", "ratio"),
    [
        ([f"{1200 / 19 * (i + 1):.6f}" for i in range(19)], 79, 2.0),
        (["3/1"], 61, 3.0),
        (["2"], 61, 2.0),
        ([f"{i * 100}." for i in range(1, 13)], 61, 2 ** (1 / 12)),
        # A Bohlen-Pierce scale repeats at the twelfth.
        ([f"{1901.955 / 13 * (i + 1):.6f}" for i in range(13)], 73, 3.0),
    ],
)
def test_any_interval_may_be_the_one_that_repeats(tmp_path: Path, pitches: list[str], key: int, ratio: float) -> None:
    assert read_tuning(scale(tmp_path, *pitches)).key_hz[key] == pytest.approx(MIDDLE_C * ratio, rel=1e-6)


def test_a_scale_may_descend_as_scala_allows(tmp_path: Path) -> None:
    hz = read_tuning(scale(tmp_path, "700.0", "300.0", "1200.0")).key_hz
    assert [hz[k] / MIDDLE_C for k in (61, 62, 63)] == pytest.approx([2 ** (7 / 12), 2 ** (3 / 12), 2.0])
    falling = read_tuning(scale(tmp_path, "-100.0")).key_hz
    assert falling[61] == pytest.approx(MIDDLE_C * 2 ** (-1 / 12))
    assert falling[59] == pytest.approx(MIDDLE_C * 2 ** (1 / 12))


def test_a_keyboard_map_leaves_keys_out_and_moves_the_reference(tmp_path: Path) -> None:
    whites = ["0", "x", "1", "x", "2", "3", "x", "4", "x", "5", "x", "6"]
    hz = read_tuning(scale(tmp_path, *JUST), keyboard(tmp_path, *whites, head="12 0 127 60 60 256.0 7")).key_hz
    assert [k for k in range(60, 72) if math.isnan(hz[k])] == [61, 63, 66, 68, 70]
    steps = [1, 9 / 8, 5 / 4, 4 / 3, 3 / 2, 5 / 3, 15 / 8, 2]
    assert [hz[k] for k in (60, 62, 64, 65, 67, 69, 71, 72)] == pytest.approx([256 * s for s in steps])


def test_a_map_without_a_scale_is_over_equal_temperament(tmp_path: Path) -> None:
    hz = read_tuning(None, keyboard(tmp_path, head="0 0 127 60 69 432.0 0")).key_hz
    np.testing.assert_allclose(hz, 432 * np.exp2((np.arange(128) - 69) / 12), rtol=1e-9)


def test_every_audible_key_is_within_a_tenth_of_a_hertz_of_tuning_library(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    compared = 0
    for _ in range(30):
        n = int(rng.integers(1, 30))
        file = scale(tmp_path, *(f"{c:.5f}" for c in rng.uniform(-300, 1500, n - 1)), f"{rng.uniform(400, 2000):.5f}")
        mine, theirs = read_tuning(file).key_hz, tuning_library.scala_files_to_frequencies(file)
        for a, b in zip(mine, theirs, strict=True):
            assert (1 <= b <= 30000) == (not math.isnan(a))
            if not math.isnan(a):
                # The file's own digits: 1e-5 cents are 2e-4 Hz at 30 kHz.
                assert a == pytest.approx(b, abs=0.1)
                compared += 1
    assert compared > 2000


def test_keys_tuned_to_what_nobody_hears_are_silent(tmp_path: Path) -> None:
    hz = read_tuning(scale(tmp_path, "3/1")).key_hz
    assert math.isnan(hz[127]) and math.isnan(hz[0]) and not math.isnan(hz[63])
    pitches = read_tuning(scale(tmp_path, "3/1")).pitches()
    assert np.isnan(pitches).tolist() == np.isnan(hz).tolist()


def test_remarks_line_ends_and_latin_letters_are_read_over(tmp_path: Path) -> None:
    path = tmp_path / "r.scl"
    path.write_bytes(
        "! r\r\nGamme na\xefve\r\n2 notes\r\n! none\r\n 701.955 cents, a fifth\r\n\t2/1 ! octave\r\n".encode("latin-1")
    )
    assert read_tuning(path).key_hz[61] == pytest.approx(MIDDLE_C * 1.5, rel=1e-7)


SCALE_FAULTS = [
    ("", "ends before"),
    ("only a title\n", "ends before"),
    ("t\n0\n", "line 2.*“0” is the number of notes"),
    ("t\nmany\n2/1\n", "line 2.*“many” should be the number of notes"),
    ("t\n99999999\n2/1\n", "line 2.*number of notes"),
    ("t\n-3\n2/1\n", "line 2.*number of notes"),
    ("t\n3\n100.0\n2/1\n", "line 2.*only 2 follow"),
    ("! c\nt\n2\n!\nfoo\n2/1\n", "line 5.*“foo” is neither"),
    ("t\n1\n-3/2\n", "line 3.*“-3/2” is neither"),
    ("t\n1\n3/0\n", "line 3.*“3/0” is a ratio of nothing"),
    ("t\n1\n0/3\n", "line 3.*ratio of nothing"),
    ("t\n1\n99999999999999999999999/3\n", "line 3.*too large"),
    ("t\n1\n1e400.\n", "line 3.*neither"),
    ("t\n1\n9999999999.0\n", "line 3.*100 octaves"),
    ("t\n1\nnan\n", "line 3.*neither"),
    ("t\n1\n1,5\n", "line 3.*neither"),
    ("t\n1\n" + "y" * 500 + "\n", "line 3: “y{40}…” is neither"),
]


@pytest.mark.parametrize(("text", "sentence"), SCALE_FAULTS)
def test_a_faulty_scale_is_a_sentence_with_file_and_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "odd.scl"
    path.write_text(text)
    with pytest.raises(TuningError, match=sentence) as caught:
        read_tuning(path)
    assert "odd.scl" in str(caught.value) and str(caught.value).endswith(".") and "\n" not in str(caught.value)


MAP_FAULTS = [
    ("", "ends before the size of the map"),
    ("garbage\n0\n127\n60\n69\n440.0\n12\n", "line 1.*“garbage” should be the size of the map"),
    ("12\n0\n127\n60\n", "ends before the reference key"),
    ("12\n0\n127\n60\n500\n440.0\n12\n", "line 5.*“500” should be the reference key"),
    ("12\n0\n127\n60\n69\n-440.0\n12\n", "line 6.*reference frequency"),
    ("12\n0\n127\n60\n69\n0\n12\n", "line 6.*reference frequency"),
    ("2\n0\n127\n60\n60\n440.0\n2\n0\nfoo\n", "line 9.*“foo” should be a degree"),
    ("12\n0\n127\n60\n69\n440.0\n12\n0\nx\n", "tuning an unmapped key"),
    ("12\n0\n127\n60\n60\n440.0\n900\n0\nx\n", "cannot be used"),
]


@pytest.mark.parametrize(("text", "sentence"), MAP_FAULTS)
def test_a_faulty_keyboard_map_is_a_sentence_with_file_and_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "odd.kbm"
    path.write_text(text)
    with pytest.raises(TuningError, match=sentence) as caught:
        read_tuning(None, path)
    assert "odd.kbm" in str(caught.value) and str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_file_that_is_missing_or_huge_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TuningError, match="cannot be read"):
        read_tuning(tmp_path / "nowhere.scl")
    with pytest.raises(TuningError, match="cannot be read"):
        read_tuning(tmp_path)
    huge = tmp_path / "huge.scl"
    huge.write_bytes(b"x" * (1 << 21))
    with pytest.raises(TuningError, match="larger than a megabyte"):
        read_tuning(huge)


LINES = ["0", "1", "12", "60", "69", "127", "440.0", "x", "3/2", "2/1", "-5.", "0.", "! c", "", "z"]


@given(st.binary(max_size=300) | st.lists(st.sampled_from(LINES), max_size=25).map(lambda t: "\n".join(t).encode()))
def test_whatever_a_file_holds_there_are_128_keys_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "f.scl"
    path.write_bytes(data)
    for files in ((path, None), (None, path)):
        said = ""
        try:
            assert len(read_tuning(*files).key_hz) == 128
        except PetrichordError as error:
            said = str(error)
        assert "\n" not in said
