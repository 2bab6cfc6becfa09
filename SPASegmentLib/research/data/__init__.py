"""Adapters to data sets with the masks of one or several raters."""
