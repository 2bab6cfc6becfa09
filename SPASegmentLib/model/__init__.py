"""Networks, the preference distribution and weights files (torch)."""
