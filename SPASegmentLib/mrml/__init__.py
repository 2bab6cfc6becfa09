"""Volumes, slices and segments: frames cut from MRML volumes and masks written back (no Qt)."""
