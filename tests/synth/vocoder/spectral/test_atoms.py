"""Tables that are kept are those that would be made anew."""

import numpy as np
import pytest

from synth.mel import FORMATS, filterbank
from synth.vocoder.arrays import Doubles
from synth.vocoder.spectral.atoms import noise_response, partial_responses


def measured(hz: Doubles, name: str) -> Doubles:
    """Mel magnitude (M, P) of a cosine at each frequency, mean of two phases in quadrature, one after the other."""
    fmt = FORMATS[name]
    assert fmt.win == fmt.n_fft
    t = np.arange(fmt.n_fft) / fmt.rate_hz
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(fmt.n_fft) / fmt.n_fft)
    found = []
    for each in hz:
        phases = [2 * np.pi * each * t + shift for shift in (0.0, np.pi / 2)]
        found.append(np.mean([filterbank(fmt).numpy() @ np.abs(np.fft.rfft(window * np.cos(p))) for p in phases], 0))
    return np.stack(found, 1)


def test_responses_are_those_of_the_frequencies_and_the_format_that_are_asked_for() -> None:
    hz = np.array([220.0, 1003.5, 6000.0])
    for name in ("22k80", "44k128", "22k80"):
        for _ in range(2):
            assert np.allclose(partial_responses(hz, FORMATS[name]), measured(hz, name), rtol=1e-9, atol=1e-9)
            # The caller's own frequencies, changed in place.
            hz[1] += 20.0
    single = hz.astype(np.float32)
    assert np.array_equal(partial_responses(single, FORMATS["22k80"]), partial_responses(hz, FORMATS["22k80"]))


@pytest.mark.parametrize("name", ["22k80", "44k128"])
def test_what_is_kept_cannot_be_changed_by_who_was_given_it(name: str) -> None:
    for table in (noise_response(FORMATS[name]), partial_responses(np.array([440.0]), FORMATS[name])):
        with pytest.raises(ValueError, match="read-only"):
            table *= 2.0
