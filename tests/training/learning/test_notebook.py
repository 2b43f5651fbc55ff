"""The notebook's recipe against a plain re-implementation of the notebook's text, and what is known of its defects."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile as sf
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth.automaton.rules import NotebookRule
from synth.commands.cli import main
from synth.culture.regrowth import RegrowingCulture
from synth.presets.file import load_preset
from tests.doubles.samples import notebook_preset
from tests.training.tiny import FMT, small_trainings, write_hiss
from training.analysis.data import Target
from training.learning.notebook import NotebookLoss, NotebookRecipe, NotebookTrainer, as_played
from training.learning.trainer import Progress

M, T = 12, 16
RECIPE = NotebookRecipe(epochs=4, log_every=2)


def make_target(n_frames: int = T, dtype: torch.dtype = torch.float32) -> Target:
    """Bands from loud to below the mask, moving a little."""
    source = torch.Generator().manual_seed(0)
    grid = torch.linspace(0.9, -0.99, M)[:, None] + 0.1 * torch.randn(M, n_frames, generator=source)
    return Target(grid.clamp(-1, 1).to(dtype), FMT, -20.0, (0.0, 1.0), torch.zeros(1).numpy(), 22050)


def ignore(progress: Progress) -> None:
    pass


class TheirModel(nn.Module):
    """The notebook's `TNCAModel`, from its text."""

    def __init__(self) -> None:
        super().__init__()
        self.update_mlp = nn.Sequential(
            nn.Conv2d(64, 128, 1), nn.ReLU(), nn.Conv2d(128, 64, 1), nn.ReLU(), nn.Conv2d(64, 16, 1, bias=True)
        )
        self.update_mlp[-1].weight.data.zero_()
        self.update_mlp[-1].bias.data.zero_()
        self.update_mlp[-1].bias.data[1] = 1.0

    def forward(self, grid: Tensor) -> Tensor:
        sobel_x = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=grid.dtype).view(1, 1, 3, 3)
        laplacian = torch.tensor([[1, 2, 1], [2, -12, 2], [1, 2, 1]], dtype=grid.dtype).view(1, 1, 3, 3)
        padded = F.pad(grid, (1, 1, 1, 1), mode="circular")
        kernels = (sobel_x, sobel_x.transpose(-2, -1).contiguous(), laplacian)
        felt = [F.conv2d(padded, kernel.repeat(16, 1, 1, 1), groups=16) for kernel in kernels]
        grid = grid + self.update_mlp(torch.cat([grid, *felt], dim=1))
        alpha = torch.clamp(grid[:, 1:2], 0.0, 1.0)
        grid = torch.cat([grid[:, :1], alpha, grid[:, 2:]], dim=1)
        return grid * F.max_pool2d(F.pad(alpha, (1, 1, 1, 1), mode="circular"), kernel_size=3, stride=1)


class TheirLoss(nn.Module):
    """The notebook's `PerceptualLoss`, from its text."""

    def __init__(self) -> None:
        super().__init__()
        self.feature_extractor = nn.Sequential(
            nn.Conv2d(1, 16, 7, 2, 3), nn.ReLU(), nn.Conv2d(16, 32, 5, 2, 2), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1),
            nn.ReLU(),
        )  # fmt: skip

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        grams = []
        for mel in (generated, target):
            f = self.feature_extractor(mel)
            b, c, h, w = f.size()
            f = f.view(b, c, h * w)
            grams.append(torch.bmm(f, f.transpose(1, 2)) / (c * h * w))
        return F.mse_loss(*grams)


def their_training(target_db: Tensor, last_layer: Tensor, seed: int, n_epochs: int) -> tuple[TheirModel, list[float]]:
    """The notebook's `train`, from its text, in float64 and from a given last layer."""
    torch.manual_seed(seed)
    model, perceptual = TheirModel().double(), TheirLoss().double()
    model.update_mlp[-1].weight.data.copy_(last_layer)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-4)
    target = target_db[None, None]
    mask = (target > -70.0).to(target)
    weights = torch.linspace(1.0, 5.0, M).double().view(1, 1, M, 1)
    seed_grid = torch.zeros(1, 16, *target_db.shape, dtype=torch.float64)
    seed_grid[:, 1, M // 2, target_db.shape[1] // 2] = 1.0
    losses = []
    for _ in range(n_epochs):
        grid = seed_grid.clone()
        for _ in range(96):
            grid = model(grid)
        generated = torch.tanh(grid[:, 0:1]) * 40.0 - 40.0
        p_loss = perceptual(generated * mask, target * mask)
        l1_loss = nn.L1Loss()(generated * mask, target * mask)
        loss = ((2.0 * p_loss + 0.5 * l1_loss) * weights).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def test_training_equals_the_notebooks_text_in_float64() -> None:
    target = make_target(dtype=torch.float64)
    # With its last layer at zero any network would match.
    last_layer = 0.01 * torch.randn(16, 64, 1, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    trainer = NotebookTrainer(target, RECIPE, seed=5)
    last = trainer.session.rule.update_mlp[-1]
    assert isinstance(last, nn.Conv2d)
    last.weight.data.copy_(last_layer)
    ours = [trainer.epoch()[0] for _ in range(3)]
    model, theirs = their_training(40 * target.grid - 40, last_layer, seed=5, n_epochs=3)
    assert ours == pytest.approx(theirs, rel=1e-9)
    weights = model.state_dict()
    for name, value in trainer.session.rule.state_dict().items():
        assert torch.allclose(value, weights[name], rtol=0, atol=1e-9), name


def test_the_frequency_weights_only_multiplied_the_loss_by_three() -> None:
    target_db = 40 * make_target().grid.double() - 40
    gradients = []
    for recipe in (RECIPE, replace(RECIPE, top_weight=1.0), replace(RECIPE, fixed=True)):
        torch.manual_seed(0)
        loss = NotebookLoss(target_db, recipe).double()
        heard = torch.zeros(1, 1, M, T, dtype=torch.float64, requires_grad=True)
        loss(heard)[0].backward()  # type: ignore[no-untyped-call]
        assert heard.grad is not None
        gradients.append(heard.grad)
    weighted, unweighted, fixed = gradients
    assert torch.allclose(weighted, 3 * unweighted, rtol=1e-12)
    assert not torch.allclose(fixed, weighted, rtol=0.1)


def test_fixed_weights_act_on_each_rows_l1() -> None:
    target_db = 40 * make_target().grid.double() - 40
    loss = NotebookLoss(target_db, replace(RECIPE, fixed=True, perceptual_weight=0.0)).double()
    distance = (-40.0 - target_db).abs() * (target_db > -70)
    rows = 1.0 + 4.0 * torch.arange(M) / (M - 1)
    expected = 0.5 * (distance.mean(dim=1) * rows).mean()
    assert float(loss(torch.zeros(1, 1, M, T, dtype=torch.float64))[0]) == pytest.approx(float(expected), rel=1e-6)


def test_masked_cells_teach_nothing() -> None:
    target_db = 40 * make_target().grid - 40
    heard = torch.zeros(1, 1, M, T, requires_grad=True)
    NotebookLoss(target_db, RECIPE)(heard)[0].backward()  # type: ignore[no-untyped-call]
    assert heard.grad is not None
    silent = target_db <= -70
    assert silent.any()
    assert not heard.grad[0, 0][silent].any()
    assert heard.grad[0, 0][~silent].all()


def test_one_step_makes_every_cell_alive() -> None:
    rule = NotebookRule()
    with torch.no_grad():
        grown = rule(rule.seed(M, T))
    assert bool((grown[:, 1] == 1).all())


def test_what_is_measured_is_what_a_regrowing_culture_plays() -> None:
    preset = notebook_preset(n_frames=24)
    assert isinstance(preset.rule, NotebookRule)
    state = preset.rule.seed(80, 24)
    with torch.inference_mode():
        for _ in range(96):
            state = preset.rule(state)
    culture = RegrowingCulture(replace(preset, state=state[0]), seed=4)
    columns = []
    for step in range(330):
        culture.step()
        columns.append(culture.grid()[:, step % 24])
    assert as_played(torch.tanh(state[0, 0]), 330, seed=4) == pytest.approx(torch.stack(columns, dim=1), abs=1e-4)


def test_every_so_many_epochs_the_error_is_measured_and_told() -> None:
    told: list[Progress] = []
    trainer = NotebookTrainer(make_target(40), RECIPE)
    grown = trainer.run(told.append)
    assert [(p.event, p.iteration) for p in told if p.event == "checkpoint"] == [("checkpoint", 2), ("checkpoint", 4)]
    assert told[-1].message.startswith("Epoch 4, loss ")
    assert [row[0] for row in trainer.session.curve] == [2, 4]
    assert trainer.session.curve[-1][2] == pytest.approx(grown.metrics.ltas_db, abs=1e-3)
    heard_db = 40 * torch.tanh(grown.state[0]) - 40
    error = heard_db.mean(dim=1) - (40 * trainer.target.grid - 40).mean(dim=1)
    assert grown.metrics.ltas_db == pytest.approx(float(error.abs().mean()), rel=0.02)


def test_an_interrupted_notebook_goes_on_to_the_same_result(tmp_path: Path) -> None:
    straight = NotebookTrainer(make_target(40), RECIPE)
    straight.run(ignore)
    stop, path = threading.Event(), tmp_path / "run.training"
    NotebookTrainer(make_target(40), RECIPE).run(lambda p: stop.set() if p.iteration == 3 else None, stop, path)
    second = NotebookTrainer(make_target(40), RECIPE)
    second.resume(path)
    assert second.session.iteration == 3
    second.run(ignore, state_path=path)
    for a, b in zip(straight.session.rule.parameters(), second.session.rule.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [row[0] for row in second.session.curve] == [2, 4]
    assert not path.exists()


def test_the_command_makes_a_notebook_preset_that_renders(tmp_path: Path) -> None:
    path, wav = tmp_path / "hiss.safetensors", tmp_path / "hiss.wav"
    with small_trainings():
        options = ["--recipe", "notebook", "--fixed", "--iterations", "3", "-o", str(path)]
        assert main(["train", str(write_hiss(tmp_path / "in.wav")), *options]) == 0
    preset = load_preset(path)
    assert isinstance(preset.rule, NotebookRule)
    assert preset.state.shape[2] % 8 == 0
    assert (preset.recipe["kind"], preset.recipe["fixed"], preset.recipe["epochs"]) == ("notebook", True, 3)
    ((epoch, seconds, ltas_db),) = preset.recipe["ltas_curve"]
    assert (epoch, seconds > 0) == (3, True)
    assert ltas_db == pytest.approx(preset.metrics["ltas_db"], abs=1e-3)
    assert main(["render", str(path), "-o", str(wav), "--seconds", "0.5"]) == 0
    assert abs(sf.read(wav)[0]).max() > 0.01
