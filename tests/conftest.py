"""Shared by all tests."""

import torch
from hypothesis import settings

# Two shared cores: one torch thread as in the engine, and no deadline on single examples.
torch.set_num_threads(1)
settings.register_profile("petrichord", deadline=None)
settings.load_profile("petrichord")
