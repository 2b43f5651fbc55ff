"""The vocoder slot with voices: they begin and end in every vocoder at work, through changes and losses."""

import numpy as np
import pytest
import torch
from torch import Tensor

from synth.errors import DeviceLost
from synth.instrument.parameters.values import ParameterValues
from synth.instrument.reading.playhead import Playhead
from synth.instrument.vocoder_slot import VocoderSlot
from synth.vocoder.contract import DRONE, Onset, VoiceFrames
from synth.vocoder.spectral.vocoder import SpectralVocoder
from tests.doubles.instruments import PRESET, RATE, SPF, Echo

FMT = PRESET.mel


def block(levels: dict[int, float], n: int) -> VoiceFrames:
    columns = torch.tensor(list(levels.values())).view(-1, 1, 1, 1).expand(-1, 2, FMT.n_mels, n)
    return VoiceFrames(tuple(levels), columns, torch.ones(len(levels), n), torch.ones(len(levels), 2, n))


def echo(delay_samples: int, max_voices: int = 64) -> Echo:
    made = Echo(FMT, delay_samples)
    made.max_voices = max_voices
    made.prepare(PRESET, RATE, n_heads=2)
    return made


def slot(vocoder: Echo) -> VocoderSlot:
    return VocoderSlot(vocoder, RATE, Playhead(PRESET.n_frames, ParameterValues()))


def test_voices_of_the_slot_are_the_vocoders() -> None:
    playing = slot(echo(0))
    sound = playing.process_voices([block({4: 1.0, 7: 0.5}, 3)], 0.0)
    np.testing.assert_allclose(sound.numpy(), 1.5)


class Noting(SpectralVocoder):
    """Keeps what it was told of voices."""

    def __init__(self) -> None:
        super().__init__(FMT)
        self.told: list[str] = []

    def strike(self, slot: int, note: int, offset_samples: int, onset: Onset) -> Tensor:
        self.told.append(f"strike {slot} note {note} at {offset_samples}")
        return super().strike(slot, note, offset_samples, onset)

    def free(self, slot: int) -> None:
        self.told.append(f"free {slot}")
        super().free(slot)


def test_voices_begin_and_end_in_both_vocoders_of_a_change() -> None:
    old, new = Noting(), Noting()
    for vocoder in (old, new):
        vocoder.prepare(PRESET, RATE, 2)
    playing = VocoderSlot(old, RATE, Playhead(PRESET.n_frames, ParameterValues()))
    column = Onset(torch.full((2, FMT.n_mels, 3), -3.0), torch.ones(2, 3), 1.0)
    playing.process_voices([block({}, 1)], 0.0)
    assert playing.strike(3, 1, 0.25, [column]).shape == (2, SPF * 3 // 4)
    playing.change(new, ParameterValues())
    playing.process_voices([block({3: -3.0}, 1), block({3: -3.0}, 1)], 0.0)
    added = playing.strike(5, 2, 0.5, [column, column])
    playing.free(3)
    # A strike frees the slot first.
    assert old.told == ["strike 3 note 1 at 128", "free 3", "strike 5 note 2 at 256", "free 5", "free 3"]
    assert new.told == ["strike 5 note 2 at 256", "free 5", "free 3"]
    # The new one is not heard yet.
    assert added.shape == (2, SPF // 2) and added.std() > 0
    sound = playing.process_voices([block({5: -3.0}, 4), block({5: -3.0}, 4)], 0.0)
    assert sound.shape == (2, 4 * SPF) and sound.std() > 0


def test_of_two_vocoders_the_one_with_fewer_voices_counts() -> None:
    playing = slot(echo(0, max_voices=16))
    assert playing.max_voices == 16
    playing.change(echo(SPF, max_voices=1), ParameterValues())
    assert playing.changing and playing.max_voices == 1


@pytest.mark.parametrize("with_drone", [True, False])
def test_voices_go_on_in_the_spare_when_the_vocoder_is_lost(with_drone: bool) -> None:
    class Lost(Echo):
        def process_voices(self, voices: VoiceFrames, spread: float = 0.0) -> Tensor:
            raise DeviceLost("The card is gone.")

    lost, spare = Lost(FMT, 0), echo(0)
    lost.prepare(PRESET, RATE, n_heads=2)
    playing = slot(lost)
    playing.spare = spare
    levels = {DRONE: 0.5, 4: 0.25} if with_drone else {3: 0.5, 4: 0.25}
    sound = torch.cat([playing.process_voices([block(levels, 2)], 0.0) for _ in range(4)], dim=1)
    # Faded in within 30 ms.
    np.testing.assert_allclose(sound[:, 3 * SPF :].numpy(), 0.75, rtol=1e-6)
    assert playing.trouble == "The card is gone." and playing.vocoder is spare
