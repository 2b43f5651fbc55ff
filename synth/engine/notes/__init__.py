"""How notes come to the engine, each at its moment."""
