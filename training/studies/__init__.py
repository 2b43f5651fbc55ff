"""Long measurements over many presets: the library, recordings nobody tuned on, races, siblings."""
