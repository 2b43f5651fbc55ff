"""Timing one recipe against another, and carrying a curve on."""

import math
import time

import numpy as np
import pytest

import training.studies.race
from synth.errors import TrainingError
from tests.training.tiny import FMT, TINY, beating_tone
from training.analysis.data import Recording, prepare
from training.learning.notebook import NotebookRecipe
from training.learning.trainer import Progress
from training.studies.race import Point, Prospect, Stopwatch, carried_on, main, race


def _curve(law: "object", last: int = 100, noise_db: float = 0.0) -> list[Point]:
    rng = np.random.default_rng(0)
    assert callable(law)
    return [Point(n, float(n), float(law(n)) + noise_db * rng.standard_normal()) for n in range(5, last + 1, 5)]


@pytest.mark.parametrize(("floor", "factor", "exponent"), [(0.0, 30.0, 0.2), (3.0, 40.0, 0.5), (8.0, 30.0, 0.8)])
def test_a_power_law_is_carried_on_to_where_it_goes(floor: float, factor: float, exponent: float) -> None:
    def law(n: float) -> float:
        return floor + factor * n**-exponent

    assert carried_on(_curve(law), 8000).ltas_db == pytest.approx(law(8000), abs=0.15)
    # With 0.1 dB of noise a floor and a small exponent are hard to tell apart over a decade and a bit.
    noisy = carried_on(_curve(law, noise_db=0.1), 8000)
    assert noisy.ltas_db == pytest.approx(law(8000), abs=1.5)
    assert noisy.floorless_db <= noisy.ltas_db + 0.05


def test_a_law_that_levels_off_is_not_thought_to_stop_early() -> None:
    """An exponential is not of the family: what is told must not be above where it ends, in the notebook's favour."""

    def law(n: float) -> float:
        return 6.0 + 20.0 * math.exp(-n / 60)

    assert carried_on(_curve(law), 8000).ltas_db <= 6.0 + 0.3


def test_a_curve_that_does_not_fall_stays_at_its_best() -> None:
    rising = [Point(n, 0.0, 9.0 + 0.01 * n) for n in range(5, 50, 5)]
    assert carried_on(rising, 8000).ltas_db == pytest.approx(9.05)
    with pytest.raises(TrainingError, match="three points"):
        carried_on(rising[:2], 8000)


def test_time_spent_on_measuring_is_not_of_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 1.0, 5.0, 7.0, 7.0, 30.0])
    monkeypatch.setattr(time, "process_time", lambda: next(clock))
    watch = Stopwatch(lambda point: point.ltas_db < 2, _since=time.process_time())
    watch.hear(Progress("progress", 1, 0.1, 0, 1.0, 9.0))
    watch.hear(Progress("checkpoint", 1, 0.1, 0, 1.0, 8.0))
    assert not watch.stop.is_set()
    watch.hear(Progress("progress", 2, 0.2, 0, 1.0, 7.0))
    watch.hear(Progress("checkpoint", 2, 0.2, 0, 1.0, 1.0))
    assert watch.curve == [Point(1, 1.0, 8.0), Point(2, 3.0, 1.0)]
    assert watch.stop.is_set()


def test_a_race_is_run_to_the_notebooks_figure_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe of this size finds 25 dB in twenty iterations, and no better for long: that is where the finish is."""
    monkeypatch.setattr(training.studies.race, "carried_on", lambda curve, iteration: Prospect(25.0, 24.0))
    target = prepare(Recording(beating_tone(), 22050, "tone"), FMT)
    notebook = NotebookRecipe(epochs=40, log_every=2, frames=24)
    found = race("tone", target, None, notebook, 4, TINY, 200)
    assert found.epochs == 4 and found.measured_db < 35
    assert found.full_s == pytest.approx(found.epoch_s * 40)
    point = found.live["nothing"]
    assert point is not None and point.ltas_db <= 25.0 and point.spent_s > 0
    assert point.iteration < 200
    text = found.as_text()
    assert "live from nothing" in text and f"{found.full_s / point.spent_s:.0f} times" in text
    lost = race("tone", target, None, notebook, 2, TINY, 1)
    assert lost.live["nothing"] is None and "not reached" in lost.as_text()


def test_no_recording_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere.wav", "--parent", "none"]) == 2
    assert capsys.readouterr().err == "petrichord: There is no recording at nowhere.wav.\n"
