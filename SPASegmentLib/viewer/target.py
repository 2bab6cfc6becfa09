"""What is segmented in the viewer."""

from __future__ import annotations

from typing import Any, Callable, Optional

from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.translation import texts
from SPASegmentLib.viewer.workspace import Workspace

_ = texts(__name__)


class PageTarget:
    """A `SPASegmentLib.mrml.front_end.Target`: what is open in the viewer."""

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
