"""Training SPA on multi-rater data."""
