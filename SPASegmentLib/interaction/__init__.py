"""The session: from a click to an accepted mask, without VTK, Qt or threads."""
