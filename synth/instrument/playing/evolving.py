"""How far an instrument's culture lives on in a frame."""

from synth.instrument.parts import InstrumentParts


def evolve(parts: InstrumentParts) -> None:
    """Take the automaton's steps that are due in the frame that begins; notes' own cultures take theirs."""
    values = parts.values
    if not values["frozen"]:
        parts.accumulator += values["steps_per_frame"] * parts.evolution_limit
    steps = int(parts.accumulator)
    parts.accumulator -= steps
    for _ in range(steps):
        parts.culture.step(values["weather_depth"], values["weather_speed"])
    parts.voices.grow(steps, values, parts.evolution_limit, parts.playhead.place)


def foresee(parts: InstrumentParts) -> None:
    """Let the culture compute beside everything else what the next frame will ask of it."""
    values = parts.values
    if "weather_depth" in parts.motion.moved.values:
        # Nobody knows yet how strongly the weather pushes in the next frame.
        return
    steps = 0.0 if values["frozen"] else values["steps_per_frame"] * parts.evolution_limit
    if parts.accumulator + steps >= 1:
        parts.culture.foresee(values["weather_depth"], values["weather_speed"])
