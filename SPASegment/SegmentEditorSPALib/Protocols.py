"""What the effect's parts need of each other; widgets themselves are Qt's, which has no types in Slicer."""

from __future__ import annotations

from typing import Any, Protocol


class Panel(Protocol):
    """The effect's widgets in Segment Editor, see `OptionsPanel`."""

    widget: Any
    strip_home: Any
    status: Any
    round: Any
    slices: Any
    model: Any
    in_view: Any
    uncertainty: Any
    volume: Any

    def say(self, text: str, warn: bool = False) -> None:
        """Set the status line."""

    def enable(self, choosing: bool, busy: bool, can_go_back: bool, can_move: bool, can_drop: bool) -> None:
        """Enable what makes sense now."""


class SliceWidget(Protocol):
    """A qMRMLSliceWidget."""

    visible: bool

    def mrmlSliceNode(self) -> Any:
        """What the view shows, in MRML."""

    def sliceView(self) -> Any:
        """The picture of the slice."""
