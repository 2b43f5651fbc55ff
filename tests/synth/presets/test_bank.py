"""Banks: what is written is a plain zip file; what is taken in is looked at before, and goes nowhere but the folder."""

import io
import json
import os
import stat
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.errors import PresetError
from synth.presets.about import About
from synth.presets.archive import MAX_FILES
from synth.presets.bank import INDEX, MAX_PRESETS, Import, export_bank, import_bank
from synth.presets.file import load_preset, preset_bytes, save_preset
from tests.doubles.samples import live_preset
from tests.synth.presets.test_file import rewrite, set_field

MB = 2**20
RAW = preset_bytes(replace(live_preset(), name="Wind/2: äé").with_about(About("pads", ("dark",), "for later")))
OTHER = preset_bytes(replace(live_preset(seed=3), name="Wind/2: äé"))
STEM = "Wind_2_ äé"


def zipped(path: Path, files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> Path:
    """Made without our own writer."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, content)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with one preset in it, and a neighbour that nobody may touch."""
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mine.safetensors").write_bytes(OTHER)
    (tmp_path / "neighbour").write_text("untouched")
    return tmp_path / "presets"


def everything(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.parent.rglob("*") if path.is_file()}


def refusal(bank: Path, home: Path) -> str:
    """The sentence with which a bank is refused, nothing having been written."""
    before = everything(home)
    with pytest.raises(PresetError) as caught:
        import_bank(bank, home)
    assert everything(home) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_bank_is_a_plain_zip_of_the_files_with_an_index(tmp_path: Path) -> None:
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path, raw in zip(paths, (RAW, OTHER), strict=True):
        path.write_bytes(raw)
    done = export_bank(paths, tmp_path / "deep" / "bank.zip")
    assert (done.written, done.left) == (("Wind/2: äé", "Wind/2: äé"), ())
    with zipfile.ZipFile(tmp_path / "deep" / "bank.zip") as archive:
        assert archive.testzip() is None
        contents = {name: archive.read(name) for name in archive.namelist()}
        # Whenever it is made, it is the same.
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    index = json.loads(contents.pop(INDEX))
    assert contents == {f"{STEM}.safetensors": RAW, f"{STEM} 2.safetensors": OTHER}
    assert index["petrichord_bank"] == 1 and [each["file"] for each in index["presets"]] == list(contents)
    assert (index["presets"][0]["category"], index["presets"][0]["tags"]) == ("pads", ["dark"])
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["bank.zip"]


def test_the_same_presets_make_the_same_bank_and_it_comes_back_to_the_byte(tmp_path: Path, home: Path) -> None:
    banks = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for bank in banks:
        export_bank([home / "mine.safetensors"], bank)
    assert banks[0].read_bytes() == banks[1].read_bytes()
    (home / "mine.safetensors").unlink()
    done = import_bank(banks[0], home)
    assert done == Import((home / f"{STEM}.safetensors",))
    assert done.added[0].read_bytes() == OTHER
    # A second time there is nothing to do, whatever the file is called.
    done.added[0].rename(home / "renamed.safetensors")
    assert import_bank(banks[0], home) == Import((), ("Wind/2: äé",))


def test_a_name_that_is_taken_is_given_a_number_and_nothing_is_replaced(tmp_path: Path, home: Path) -> None:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    (bundled / f"{STEM} 2.safetensors").write_bytes(b"something else")
    (home / f"{STEM}.safetensors").write_bytes(b"mine")
    done = import_bank(zipped(tmp_path / "bank.zip", {"x/y.safetensors": RAW}), home, bundled)
    assert done.added == (home / f"{STEM} 3.safetensors",)
    again = load_preset(done.added[0])
    assert (again.name, again.about) == ("Wind/2: äé 3", About("pads", ("dark",), "for later"))
    assert (home / f"{STEM}.safetensors").read_bytes() == b"mine"


def test_what_comes_with_petrichord_is_not_taken_in_again(tmp_path: Path, home: Path) -> None:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    (bundled / "wind.safetensors").write_bytes(RAW)
    bank = zipped(tmp_path / "bank.zip", {"a.safetensors": RAW})
    assert import_bank(bank, home, bundled).there == ("Wind/2: äé",)


def test_each_file_that_is_no_preset_is_left_out_and_named_and_the_others_are_taken(tmp_path: Path, home: Path) -> None:
    later = tmp_path / "later.safetensors"
    save_preset(live_preset(), later)
    rewrite(later, set_field("schema_version", 99))
    long_name = preset_bytes(replace(live_preset(), name="x" * 99))
    files = {
        "readme.txt": b"hello",
        "half.safetensors": RAW[: len(RAW) // 2],
        "later.safetensors": later.read_bytes(),
        "empty.safetensors": b"",
        "large.safetensors": os.urandom(MB + 1),
        "long.safetensors": long_name,
        "good.safetensors": RAW,
        "__MACOSX/._good.safetensors": b"what a Mac puts there",
        ".DS_Store": b"and this",
    }
    done = import_bank(zipped(tmp_path / "bank.zip", files), home)
    assert [path.name for path in done.added] == [f"{STEM}.safetensors"]
    left = dict(zip(list(files)[:6], done.left, strict=True))
    assert all(name in sentence and "\n" not in sentence for name, sentence in left.items())
    assert "update Petrichord" in left["later.safetensors"]
    assert "is not a preset" in left["readme.txt"] and "1.0 MB" in left["large.safetensors"]
    assert "99 characters" in left["long.safetensors"]


@pytest.mark.parametrize(
    "name",
    ["../up.safetensors", "a/../../up.safetensors", "/etc/up.safetensors", "C:/up.safetensors", "C:up.safetensors",
     "..\\up.safetensors", "\\\\host\\up.safetensors", "a\x00b.safetensors", "a\nb.safetensors", "a/..", "../"],
)  # fmt: skip
def test_names_that_lead_away_are_refused(name: str, tmp_path: Path, home: Path) -> None:
    bank = zipped(tmp_path / "bank.zip", {"good.safetensors": RAW, name: RAW})
    assert "leads out of the archive" in refusal(bank, home)


def test_a_file_without_a_name_is_refused(tmp_path: Path, home: Path) -> None:
    """Python 3.11's `ZipInfo.is_dir` raises IndexError for one."""
    path = tmp_path / "bank.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", RAW)
    raw = bytearray(path.read_bytes())
    for signature, length_at in ((b"PK\x03\x04", 26), (b"PK\x01\x02", 28)):
        at = raw.index(signature) + length_at
        # The name's one letter counts as an extra field instead.
        raw[at : at + 4] = struct.pack("<2H", 0, 1)
    path.write_bytes(raw)
    assert "A file in bank.zip has no name: nothing of it was taken." in refusal(path, home)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(kind: int, tmp_path: Path, home: Path) -> None:
    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = (kind | 0o777) << 16

    bank = zipped(tmp_path / "bank.zip", {"a.safetensors": b"/etc/passwd"}, change)
    assert "“a.safetensors” in bank.zip is a link or a device" in refusal(bank, home)


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path, home: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "bank.zip", "w") as archive:
        warnings.simplefilter("ignore")
        for raw in (RAW, OTHER):
            archive.writestr("a.safetensors", raw)
    assert "“a.safetensors” is in bank.zip twice" in refusal(tmp_path / "bank.zip", home)


def test_a_locked_or_oddly_packed_file_is_refused(tmp_path: Path, home: Path) -> None:
    raw = bytearray(zipped(tmp_path / "a.zip", {"a.safetensors": RAW}).read_bytes())
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(raw)
    assert "password" in refusal(tmp_path / "locked.zip", home)
    with zipfile.ZipFile(tmp_path / "odd.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.safetensors", RAW)
    assert "packed in an unusual way" in refusal(tmp_path / "odd.zip", home)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a zip file"),
        (b"PK\x03\x04", "not a zip file"),
        (RAW, "not a zip file"),
        (b"Rar!\x1a\x07" + bytes(999), "not a zip file"),
        (b"PK\x05\x06" + bytes(18), "holds no preset"),
    ],
)
def test_what_is_no_zip_file_is_said(content: bytes, words: str, tmp_path: Path, home: Path) -> None:
    (tmp_path / "bank.zip").write_bytes(content)
    assert words in refusal(tmp_path / "bank.zip", home)


def test_a_bank_that_is_cut_short_is_refused_wherever_it_is_cut(tmp_path: Path, home: Path) -> None:
    raw = zipped(tmp_path / "whole.zip", {"a.safetensors": RAW, "b.safetensors": OTHER}).read_bytes()
    for kept in (1, 30, len(raw) // 2, len(raw) - 60, len(raw) - 1):
        (tmp_path / "bank.zip").write_bytes(raw[:kept])
        assert "bank.zip" in refusal(tmp_path / "bank.zip", home)


def test_what_is_no_file_is_said(tmp_path: Path, home: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    assert "is a folder" in refusal(home, home)
    assert "is not there" in refusal(tmp_path / "gone.zip", home)
    assert "no ordinary file" in refusal(tmp_path / "pipe.zip", home)


def peak_mb(bank: Path, home: Path) -> tuple[str, float]:
    """The sentence with which a bank is refused, and the most memory that took."""
    sentence = refusal(bank, home)
    tracemalloc.start()
    try:
        with pytest.raises(PresetError):
            import_bank(bank, home)
        return sentence, tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


def listing(n_files: int, told: int | None = None) -> bytes:
    """A zip file's table of contents for so many empty files, by the format's own description; `told` what it says."""
    name = b"%06d.safetensors"
    head = struct.Struct("<4s6H3L5H2L")
    table = b"".join(
        head.pack(b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 18, 0, 0, 0, 0, 0, 0) + name % i for i in range(n_files)
    )
    count = min(n_files if told is None else told, 0xFFFF)
    return table + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(table), 0, 0)


@pytest.mark.parametrize("told", [None, 1])
def test_a_hundred_thousand_files_are_refused_in_little_memory(told: int | None, tmp_path: Path, home: Path) -> None:
    """Whatever the archive says of their number."""
    (tmp_path / "bank.zip").write_bytes(listing(100_000, told))
    sentence, peak = peak_mb(tmp_path / "bank.zip", home)
    assert "lists more files than a bank" in sentence
    # The table alone is 6 MB, and as Python's objects ten times that.
    assert peak < 2


def test_one_file_more_than_a_bank_holds_is_refused_and_as_many_are_not(tmp_path: Path, home: Path) -> None:
    (tmp_path / "bank.zip").write_bytes(listing(MAX_FILES + 1))
    assert f"holds {MAX_FILES + 1} files" in refusal(tmp_path / "bank.zip", home)
    (tmp_path / "bank.zip").write_bytes(listing(MAX_FILES))
    assert "is damaged" in refusal(tmp_path / "bank.zip", home)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, home: Path) -> None:
    bank = zipped(tmp_path / "bank.zip", {f"{i}.safetensors": bytes(MB) for i in range(20)})
    sentence, peak = peak_mb(bank, home)
    assert "would unpack to 21 MB" in sentence and peak < 2


def test_too_much_altogether_is_refused(tmp_path: Path, home: Path) -> None:
    """No single file says more than a preset may have, and none is as small as a bomb's."""
    raw = bytearray(listing(300))
    for at in range(0, 300 * 64, 64):
        raw[at + 20 : at + 28] = struct.pack("<2L", 900_000, 1_000_000)
    (tmp_path / "bank.zip").write_bytes(raw[:0] + bytes(10 * MB) + bytes(raw))
    sentence = refusal(tmp_path / "bank.zip", home)
    assert "would unpack to 300 MB" in sentence


def test_a_file_that_says_less_than_it_unpacks_to_is_damaged_and_costs_what_it_says(tmp_path: Path, home: Path) -> None:
    raw = bytearray(zipped(tmp_path / "a.zip", {"a.safetensors": bytes(50 * MB), "b.safetensors": RAW}).read_bytes())
    for signature, size_at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = raw.index(signature)
        raw[at + size_at : at + size_at + 4] = struct.pack("<L", 1000)
    (tmp_path / "bank.zip").write_bytes(raw)
    tracemalloc.start()
    done = import_bank(tmp_path / "bank.zip", home)
    peak = tracemalloc.get_traced_memory()[1] / MB
    tracemalloc.stop()
    assert "“a.safetensors” in bank.zip is damaged" in done.left[0] and len(done.added) == 1
    assert peak < 12


def test_a_preset_whose_bytes_have_changed_is_left_out(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "bank.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.safetensors", RAW)
        archive.writestr("b.safetensors", OTHER.replace(b"Wind", b"Wand"))
    raw = bytearray(path.read_bytes())
    raw[raw.index(RAW[-64:]) + 10] ^= 1
    path.write_bytes(raw)
    done = import_bank(path, home)
    assert len(done.added) == 1 and "“a.safetensors” in bank.zip is damaged" in done.left[0]


def test_a_packed_stream_that_is_none_is_left_out(tmp_path: Path, home: Path) -> None:
    path = zipped(tmp_path / "bank.zip", {"a.safetensors": OTHER, "b.safetensors": RAW})
    raw = bytearray(path.read_bytes())
    # The first byte of the first file's stream: block type 3 does not exist.
    raw[30 + len("a.safetensors")] |= 0b110
    path.write_bytes(raw)
    done = import_bank(path, home)
    assert len(done.added) == 1 and "“a.safetensors” in bank.zip is damaged" in done.left[0]


@pytest.mark.parametrize(
    ("index", "words"), [(b'{"petrichord_bank": 2}', "update Petrichord"), (b"[", "damaged"), (b"[]", "damaged")]
)
def test_a_bank_of_a_later_version_or_with_a_damaged_index_is_refused(
    index: bytes, words: str, tmp_path: Path, home: Path
) -> None:
    assert words in refusal(zipped(tmp_path / "bank.zip", {INDEX: index, "a.safetensors": RAW}), home)


def test_each_preset_is_there_whole_or_not_at_all(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full while the second of three is written."""
    bank = zipped(tmp_path / "bank.zip", {f"{i}.safetensors": preset_of(f"p{i}") for i in range(3)})
    replaced = os.replace
    calls: list[object] = []

    def full(source: str, target: Path) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        replaced(source, target)

    monkeypatch.setattr("os.replace", full)
    done = import_bank(bank, home)
    assert [path.name for path in done.added] == ["p0.safetensors", "p2.safetensors"]
    assert "p1.safetensors: No space left" in done.left[0]
    assert sorted(path.name for path in home.iterdir()) == ["mine.safetensors", "p0.safetensors", "p2.safetensors"]


def preset_of(name: str) -> bytes:
    return preset_bytes(replace(live_preset(), name=name))


def test_it_ends_between_two_presets_once_nobody_waits(tmp_path: Path, home: Path) -> None:
    bank = zipped(tmp_path / "bank.zip", {f"{i}.safetensors": preset_of(f"p{i}") for i in range(3)})
    asked = iter([False, True])
    assert len(import_bank(bank, home, given_up=lambda: next(asked)).added) == 1


def test_a_bank_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, home: Path) -> None:
    bank = tmp_path / "bank.zip"
    bank.write_bytes(b"old")
    broken = home / "broken.safetensors"
    broken.write_bytes(b"no")
    with pytest.raises(PresetError, match=r"broken\.safetensors is not a preset"):
        export_bank([broken], bank)
    with pytest.raises(PresetError, match="no preset to put into a bank"):
        export_bank([], bank)
    with pytest.raises(PresetError, match="cannot be written"):
        export_bank([home / "mine.safetensors"], bank / "inside.zip")
    assert bank.read_bytes() == b"old" and sorted(p.name for p in tmp_path.iterdir()) == [
        "bank.zip", "neighbour", "presets",
    ]  # fmt: skip
    done = export_bank([broken, home / "mine.safetensors"], bank)
    assert len(done.written) == 1 and "broken.safetensors" in done.left[0]


def test_more_presets_than_a_bank_holds_are_refused(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth.presets.bank.MAX_PRESETS", 1)
    with pytest.raises(PresetError, match="at most 1 presets"):
        export_bank([home / "mine.safetensors"] * 2, tmp_path / "bank.zip")
    assert MAX_PRESETS == MAX_FILES - 1 and not (tmp_path / "bank.zip").exists()


WHOLE = io.BytesIO()
with zipfile.ZipFile(WHOLE, "w") as _archive:
    _archive.writestr(INDEX, '{"petrichord_bank": 1, "presets": []}')
    _archive.writestr("folder/a.safetensors", zlib.compress(b"small"))
    _archive.writestr("b.txt", b"text")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_done_to_a_bank_it_is_a_sentence_and_nothing_else_is_touched(
    data: st.DataObject, home: Path
) -> None:
    """Bytes are changed, cut out, doubled; all of it is small, so that hundreds are tried."""
    raw = bytearray(WHOLE.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(raw) - 1)))
        n = data.draw(st.integers(1, 8))
        kind = data.draw(st.sampled_from(["change", "cut", "double", "end"]))
        if kind == "change":
            raw[at : at + n] = data.draw(st.binary(min_size=n, max_size=n))
        elif kind == "cut":
            del raw[at : at + n]
        elif kind == "double":
            raw[at:at] = raw[at : at + 40 * n]
        else:
            del raw[-n:]
    bank = home.parent / "bank.zip"
    bank.write_bytes(raw)
    before = everything(home)
    with pytest.raises(PresetError) as caught:
        import_bank(bank, home)
    assert everything(home) == before and "\n" not in str(caught.value)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=40) | st.from_regex(r"[./\\:a]{1,12}", fullmatch=True))
def test_whatever_a_file_is_called_nothing_is_written_outside_the_folder(name: str, home: Path) -> None:
    bank = home.parent / "bank.zip"
    try:
        zipped(bank, {f"{name}.safetensors": b"no preset"})
    except (UnicodeEncodeError, ValueError):
        # A lone surrogate is no name in a zip file.
        return
    before = everything(home)
    with pytest.raises(PresetError):
        import_bank(bank, home)
    assert everything(home) == before
