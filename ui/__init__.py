"""The Qt window: everything to see and touch, nothing that computes sound."""
