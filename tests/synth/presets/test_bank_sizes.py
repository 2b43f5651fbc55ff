"""Banks of too many files or too many bytes are refused in little memory, whatever they say of themselves."""

import struct
import tracemalloc
from pathlib import Path

import pytest

from synth.errors import PresetError
from synth.presets.archive import MAX_FILES
from synth.presets.bank import MAX_PRESETS, export_bank, import_bank
from tests.synth.presets.banks import MB, RAW, refusal, zipped


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


def test_more_presets_than_a_bank_holds_are_refused(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth.presets.bank.MAX_PRESETS", 1)
    with pytest.raises(PresetError, match="at most 1 presets"):
        export_bank([home / "mine.safetensors"] * 2, tmp_path / "bank.zip")
    assert MAX_PRESETS == MAX_FILES - 1 and not (tmp_path / "bank.zip").exists()
