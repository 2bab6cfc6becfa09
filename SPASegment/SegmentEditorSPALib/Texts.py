"""What is said of the masks on screen: the same sentences as in every front end."""

from SPASegmentLib.mrml.texts import accepted_text, difference_text, round_text, size_text

__all__ = ["accepted_text", "difference_text", "round_text", "size_text"]
