"""From what was measured to a rule: recipe, losses, pool, trainer."""
