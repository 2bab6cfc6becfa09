"""What ships with SPA to try it on: the built-in phantom."""
