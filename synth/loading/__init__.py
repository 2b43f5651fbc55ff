"""Making an instrument ready to be heard: which vocoder plays it, where its culture computes, how fast that is."""
