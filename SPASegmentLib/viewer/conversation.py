"""From gestures and buttons of the page to the conversation.

Everything runs on the event loop, which owns the scene; only the network runs in a worker.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any, Callable, Optional

from SPASegmentLib.interaction.types import RECOMMENDED
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.conversation import Conversation
from SPASegmentLib.translation import texts
from SPASegmentLib.viewer.page_view import LoopWorker, PageView
from SPASegmentLib.viewer.pointer import Gesture
from SPASegmentLib.viewer.state import PageState
from SPASegmentLib.viewer.views import SliceViews
from SPASegmentLib.viewer.workspace import Workspace

_ = texts(__name__)


class PageTarget:
    """What is open in the viewer, for the conversation."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def controller(self) -> Optional[Controller]:
        """None while nothing is open."""
        return self._workspace.controller if self._workspace.is_open else None

    def problem(self, from_mask: bool) -> str:
        """Nothing keeps a session on an open volume from beginning."""
        return "" if self._workspace.is_open else _("Open a volume first.")

    def loading(self, from_mask: bool) -> Optional[Callable[[], Any]]:
        """The network has been loaded when the viewer was started."""
        return None

    def prepare(self, from_mask: bool) -> Controller:
        """The controller, with the profile in use."""
        self._workspace.use_profile()
        return self._workspace.controller

    def may_write(self) -> str:
        """All segments of the viewer are shown."""
        return ""

    def next_segment(self) -> str:
        """Add a segment named after the selected one, and select it."""
        return self._workspace.add_next()


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
        if index == RECOMMENDED:
            self.accept(RECOMMENDED)
        else:
            super().press(index)

    def from_segment_in(self, tag: str) -> None:
        """Start with what the segment holds on the slice of a view."""
        self.from_segment(self._views.middle(tag), self._views.plane(tag))
