"""Volumes and segmentations from files and into files."""
