"""What came of a study with people."""
