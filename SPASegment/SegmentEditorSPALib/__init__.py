"""The Segment Editor effect "SPA"; importing it as a package lets the effect use relative imports."""

from .SegmentEditorEffect import SegmentEditorEffect

__all__ = ["SegmentEditorEffect"]
