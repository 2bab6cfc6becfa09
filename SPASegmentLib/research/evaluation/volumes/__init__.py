"""Whole structures: how many actions a reader needs for one, through its volume and by other ways."""
