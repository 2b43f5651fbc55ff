"""NVIDIA's BigVGAN: finding and reading its weights, running it offline and as a stream."""
