"""From gestures and buttons of the page to the conversation.

Everything runs on the event loop, which owns the scene; only the network runs in a worker.
"""

from __future__ import annotations

from concurrent.futures import Executor

from SPASegmentLib.interaction.types import RECOMMENDED
from SPASegmentLib.mrml.conversation import Conversation
from SPASegmentLib.viewer.page_view import LoopWorker, PageView
from SPASegmentLib.viewer.pointer import Gesture
from SPASegmentLib.viewer.state import PageState
from SPASegmentLib.viewer.target import PageTarget
from SPASegmentLib.viewer.views import SliceViews
from SPASegmentLib.viewer.workspace import Workspace


class PageConversation(Conversation):
    """The conversation of the page's user.

    Args:
        workspace: what is open.
        views: where it is shown.
        pool: one worker for the network.
        page: where values and messages are shown.
        view: what of a session is shown.
    """

    def __init__(
        self, workspace: Workspace, views: SliceViews, pool: Executor, page: PageState, view: PageView
    ) -> None:
        super().__init__(LoopWorker(pool, page.spawn), view, PageTarget(workspace), workspace.profiles)
        self._workspace, self._views = workspace, views

    def gesture(self, gesture: Gesture) -> None:
        """A click or a box in a slice view."""
        if not self._workspace.is_open:
            return
        plane = self._views.plane(gesture.view)
        if gesture.is_click:
            self.click(gesture.start, plane, gesture.negative, gesture.again)
        else:
            self.box(gesture.start, gesture.end, plane)

    def press(self, index: int) -> None:
        """A card was pressed: the recommended mask is accepted, any other one chosen."""
        # Always: a double click asks what its first half was pressed on.
        super().press(index)
        if index == RECOMMENDED:
            self.accept(RECOMMENDED)

    def from_segment_in(self, tag: str) -> None:
        """Start with what the segment holds on the slice of a view."""
        self.from_segment(self._views.middle(tag), self._views.plane(tag))
