"""Where in the slice views the user points, in mm; and which view that is."""

from __future__ import annotations

from typing import Optional, Tuple

from SPASegmentLib.mrml.conversation import Conversation
from SPASegmentLib.mrml.plane import Plane, Point, xy_to_ras

from .Keys import leave_list
from .Overlay import slice_widgets
from .Protocols import SliceWidget
from .Screen import Screen

Place = Tuple[Point, Plane]


class Places:
    """Points and planes of slice views; a session belongs to the view that it began in.

    Args:
        screen: where the masks are shown.
        conversation: says whether there are any.
    """

    def __init__(self, screen: Screen, conversation: Conversation) -> None:
        self._screen, self._conversation = screen, conversation
        #: The view under the pointer, or the one that it was in last.
        self._pointed: Optional[SliceWidget] = None

    def at(self, view: SliceWidget, xy: Tuple[float, float]) -> Place:
        """Point in mm, and plane of the view, which becomes the one that a session that begins belongs to."""
        if not self._conversation.armed or self._conversation.pointing:
            self._screen.view = view
        node = view.mrmlSliceNode()
        return xy_to_ras(node, *xy), Plane.of_slice_node(node)

    def middle(self) -> Optional[Place]:
        """The middle of the view under the pointer, or of the one used last; None where no view is shown."""
        views = (self._pointed, self._screen.view, *slice_widgets())
        view = next((each for each in views if each is not None and each.visible), None)
        if view is None:
            return None
        width, height, _depth = view.mrmlSliceNode().GetDimensions()
        return self.at(view, ((width - 1) / 2, (height - 1) / 2))

    def pointer_in(self, view: SliceWidget) -> None:
        """The pointer is in a slice view."""
        self._pointed = view
        if self._conversation.armed:
            leave_list(view)

    def forget(self) -> None:
        """The views may be gone."""
        self._screen.view = self._pointed = None
