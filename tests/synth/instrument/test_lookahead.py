"""A vocoder that looks ahead: the place heard is the place shown, notes do not wait, and two vocoders run aligned."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.instrument.events import Hand, set_parameters
from synth.instrument.instrument import Instrument
from synth.instrument.parameters.values import ParameterValues
from synth.mel import DB_PER_NEPER
from synth.vocoder.bigvgan.live import LiveBigVGANVocoder
from tests.doubles.instruments import SPF, Echo
from tests.doubles.samples import live_preset
from tests.doubles.sounds import frequency_of, preset_for
from tests.synth.vocoder.bigvgan.checkpoints import PUBLISHED, config_of, mel, package_model, save

T = 172
STILL = ParameterValues(frozen=True, width=0.0)
LONG = 17 * SPF + 200
"""A lookahead that is no whole number of frames."""


def ladder():  # type: ignore[no-untyped-def]
    """A preset whose columns tell where they are: column t is level −0.9 + 1.8·t/T in every row."""
    preset = live_preset(n_frames=T)
    state = torch.zeros_like(preset.state)
    state[0] = -0.9 + 1.8 * torch.arange(T) / T
    return replace(preset, state=state)


PRESET = ladder()


def column_of(sound: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """The column that an echo of the ladder sounds, from its value: 40 dB per unit of the grid."""
    level = (sound / 10 ** (PRESET.gain_db / 20) * DB_PER_NEPER - PRESET.reference_db) / 40 + 1
    return (level + 0.9) / 1.8 * T


def instrument(delay_samples: int, controls: ParameterValues = STILL, rate_hz: int = 44100) -> Instrument:
    return Instrument(PRESET, Echo(PRESET.mel, delay_samples), rate_hz, controls)


def ready(delay_samples: int, rate_hz: int = 44100) -> Echo:
    echo = Echo(PRESET.mel, delay_samples)
    echo.prepare(PRESET, rate_hz, n_heads=2)
    return echo


@pytest.mark.parametrize("delay_samples", [0, 2 * SPF, LONG])
@pytest.mark.parametrize("speed", [1.0, -0.5, 0.0])
def test_the_playhead_shown_is_the_column_that_sounds(delay_samples: int, speed: float) -> None:
    """Also through a change of speed and under the hand."""
    playing = instrument(delay_samples, STILL.with_values({"playhead_speed": speed}))
    playing.playhead.place = replace(playing.playhead.place, position=60.0)
    differences, under_hand = [], 0
    for frame in range(120):
        if frame == 60:
            for event in set_parameters(STILL.with_values({"playhead_speed": 0.75})):
                playing.send(event)
        if frame in (80, 90):
            playing.send(Hand(frame == 80, 100.0))
        view, mix = playing.view(), playing.playhead.ago(round(delay_samples / SPF)).mix
        block = playing.process(1)
        # While the sound goes over to the hand two places are heard.
        if frame > 40 and mix in (0, 1):
            differences.append(column_of(block[0])[SPF // 2] - view.heads[0])
            under_hand += view.hand
    assert under_hand > 3
    # Half a frame's rounding of the delay, at the speed of the sweep under the hand.
    assert np.abs(differences).max() <= 1.01
    assert np.median(np.abs(differences)) <= 0.51


def test_what_is_read_is_ahead_of_what_is_heard_by_the_lookahead() -> None:
    playing = instrument(LONG, STILL.with_values({"playhead_speed": 0.5}))
    playing.process(60)
    view = playing.view()
    assert view.read == 30.0
    assert view.read - view.playhead == pytest.approx(0.5 * LONG / SPF, abs=0.5)
    later = playing.view(out_delay_s=0.1)
    assert view.playhead - later.playhead == pytest.approx(0.5 * 0.1 * PRESET.mel.frames_per_second, abs=0.5)


@pytest.mark.parametrize(("before", "after"), [(2 * SPF, LONG), (LONG, 2 * SPF), (300, 700), (LONG, LONG)])
@pytest.mark.parametrize("speed", [1.0, -1.5])
def test_two_vocoders_that_change_places_sound_the_same_column_at_the_same_time(
    before: int, after: int, speed: float
) -> None:
    """Equal power of two equal sounds is cos + sin of one: to the sample, whatever the two delays."""
    controls = STILL.with_values({"playhead_speed": speed})
    alone, changed = instrument(before, controls), instrument(before, controls)
    for each in (alone, changed):
        each.process(70)
    changed.change_vocoder(ready(after))
    shown = []
    plain, mixed = [], []
    while changed.changing:
        shown.append((alone.view().playhead, changed.view().playhead))
        plain.append(alone.process(2))
        mixed.append(changed.process(2))
    assert all(a == b for a, b in shown)
    one, both = (np.concatenate(parts, axis=1)[0] for parts in (plain, mixed))
    one, both = one[: len(both)], both[: len(one)]
    ratio = both / one
    # Outside the fade only one is heard; in it both, at the same place.
    fade = (np.arange(round(0.25 * 44100)) + 1) / round(0.25 * 44100) * math.pi / 2
    middle = int(np.median(np.flatnonzero(np.abs(ratio - math.sqrt(2)) < 0.005)))
    wrong = [
        np.quantile(np.abs(ratio[at : at + len(fade)] - np.cos(fade) - np.sin(fade)), 0.99)
        for at in range(middle - len(fade) // 2 - 100, middle - len(fade) // 2 + 100)
    ]
    # A step from column to column, one sample of 512, may be a sample early or late.
    assert min(wrong) < 0.002
    assert np.quantile(np.abs(ratio[: middle - len(fade) // 2 - 100] - 1), 0.99) < 1e-6
    # And afterwards the new one alone goes on from there.
    on = column_of(changed.process(4)[0])
    assert abs((on[0] - column_of(both[-1:])[0] - speed + T / 2) % T - T / 2) < abs(speed) + 1.1


@settings(max_examples=10)
@given(
    cuts=st.lists(st.integers(1, 119), max_size=8, unique=True),
    delays=st.sampled_from([(2 * SPF, LONG), (LONG, 2 * SPF)]),
    rate_hz=st.sampled_from([44100, 48000]),
)
def test_a_change_gives_the_same_samples_whatever_the_block_size(
    cuts: list[int], delays: tuple[int, int], rate_hz: int
) -> None:
    sounds = []
    for edges in ([0, 120], [0, *sorted(cuts), 120]):
        playing = instrument(delays[0], rate_hz=rate_hz)
        playing.process(30)
        playing.change_vocoder(ready(delays[1], rate_hz))
        playing.send(Hand(True, 20.0))
        sounds.append(np.concatenate([playing.process(n) for n in np.diff(edges).tolist()], axis=1))
        assert not playing.changing
    # The echo is about 8 in size; the last bit of a sine may differ with the length it is computed in.
    np.testing.assert_allclose(*sounds, rtol=1e-6)


def test_the_hand_is_followed_through_a_change_to_less_lookahead() -> None:
    """Lifted while two vocoders run: the one that stays knows of it, and the sound is back at the playhead."""
    playing = instrument(LONG)
    playing.process(40)
    playing.send(Hand(True, 120.0))
    playing.process(30)
    playing.change_vocoder(ready(2 * SPF))
    playing.process(30)
    playing.send(Hand(False))
    while playing.changing:
        playing.process(1)
    playing.process(40)
    assert not playing.playhead.hand_down
    view = playing.view()
    assert not view.hand
    assert view.heads[0] == view.playhead


def test_a_rescue_in_the_middle_of_a_change_ends_it() -> None:
    playing = instrument(LONG)
    playing.process(40)
    playing.change_vocoder(ready(2 * SPF))
    playing.process(3)
    playing.restart()
    assert not playing.changing
    assert playing.vocoder.name == "echo 1024"
    assert playing.view().playhead == pytest.approx(playing.playhead.place.position - 2)
    assert np.isfinite(playing.process(8)).all()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> LiveBigVGANVocoder:
    config = config_of(PUBLISHED["bigvgan_base_22khz_80band"], channels=32)
    return LiveBigVGANVocoder.from_folder(save(tmp_path_factory.mktemp("bigvgan"), config, package_model(config)))


def strongest(wave: np.ndarray, rate_hz: int) -> float:  # type: ignore[type-arg]
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 16 * len(wave)))
    hz = np.arange(len(spectrum)) * rate_hz / (16 * len(wave))
    return float(hz[np.argmax(np.where(hz > 60, spectrum, 0))])


@pytest.mark.parametrize("ratio", [0.75, 1.5, 2.0])
def test_a_note_is_heard_at_once_though_its_frames_are_heard_later(small: LiveBigVGANVocoder, ratio: float) -> None:
    """A held mel sounds 86.13 Hz and multiples; from the very frame of a new note on they are moved by its ratio."""
    small.prepare(preset_for(), 22050)
    frames = mel(small.format, 1).expand(-1, -1, 60).contiguous()
    small.reset(warm=frames[:, :, :8])
    before = small.process(frames, torch.ones(1, 60))[0].numpy()
    after = small.process(frames[:, :, :8], torch.full((1, 8), ratio))[0].numpy()
    assert small.delay_samples > 17 * 256
    number = round(strongest(before[-8 * 256 :], 22050) / (22050 / 256))
    # From 2 ms on: 1 ms is the reading filter's reach.
    heard = frequency_of(after[44:].astype(np.float64), 22050, number * 22050 / 256 * ratio, 40.0)
    assert abs(1200 * math.log2(heard / (number * 22050 / 256 * ratio))) < 15
    # One period is the other at another speed: nothing else has changed yet.
    period = 256 / ratio
    again = np.interp(np.arange(400) + period, np.arange(len(after)), after)
    coarse = np.abs(after[:400] - again)[44:].max()
    assert coarse < 0.25 * np.abs(after).max()


@pytest.mark.parametrize(("first", "then"), [(1.0, 1.5), (1.5, 1.0), (1.0, 0.75), (2.0, 0.8)])
def test_after_a_change_of_note_columns_are_soon_heard_in_their_time_again(
    small: LiveBigVGANVocoder, first: float, then: float
) -> None:
    """What a change of one column does to the sound lies around its centre plus the delay; below the root, later."""
    frames = mel(small.format, 1).expand(-1, -1, 200).contiguous()
    changed = frames.clone()
    changed[:, :, 130:132] += 1.5
    ratios = torch.cat([torch.full((1, 60), first), torch.full((1, 140), then)], dim=1)
    small.prepare(preset_for(), 22050)
    sounds = []
    for columns in (frames, changed):
        small.reset()
        sounds.append(small.process(columns, ratios)[0].double().numpy())
    heard = (sounds[1] - sounds[0]) ** 2
    centre = float((heard * np.arange(len(heard))).sum() / heard.sum())
    slower = max(0.0, 1 / then - 1) * small.delay_samples
    assert abs(centre - (131 * 256 + small.delay_samples + slower)) < 1.2 * 256
    assert heard[: 131 * 256 - 256 * 3].max() == 0
