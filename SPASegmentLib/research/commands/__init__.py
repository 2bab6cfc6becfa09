"""The commands of research: what `spa train`, `spa evaluate` and the like call."""
