"""Banks that are damaged, locked, cut short or lead away are refused in a sentence, and nothing is written."""

import io
import os
import stat
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.errors import PresetError
from synth.presets.bank import INDEX, import_bank
from tests.synth.presets.banks import OTHER, RAW, everything, refusal, zipped


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
