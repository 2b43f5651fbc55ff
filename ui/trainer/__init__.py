"""Training in the window: choose a region of a recording, watch and hear it grow, keep it. The work is a child's."""
