"""Data sets and the built-in phantom."""
