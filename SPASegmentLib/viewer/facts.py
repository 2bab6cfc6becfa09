"""What the page always shows."""

from __future__ import annotations

from typing import Any, Dict

from SPASegmentLib.mrml.conversation import Conversation
from SPASegmentLib.mrml.volumes import is_in_mm
from SPASegmentLib.translation import texts
from SPASegmentLib.viewer.state import PageState
from SPASegmentLib.viewer.surface import SurfaceView
from SPASegmentLib.viewer.views import SliceViews
from SPASegmentLib.viewer.workspace import Workspace, grey_range

_ = texts(__name__)


def page_facts(
    workspace: Workspace, conversation: Conversation, views: SliceViews, surface: SurfaceView, page: PageState
) -> Dict[str, Any]:
    """As they are now.

    Args:
        workspace: what is open.
        conversation: with the user.
        views: of slices.
        surface: the 3D view.
        page: says what is under way beside the network.
    """
    profiles = workspace.profiles
    controller = workspace.controller if workspace.is_open else None
    profile, volume = profiles.active, conversation.volume
    learned = _("Nothing learned yet.")
    if profile.accepted:
        learned = _("{count} accepted: {preference}.").format(count=profile.accepted, preference=profile.describe())
    return {
        "volume": workspace.name,
        "opened": workspace.opened,
        # Answers are work; masks that nobody has answered yet cost a click, and are not worth a question.
        "unsaved": workspace.unsaved or volume.active or (conversation.choosing and not conversation.unanswered),
        "phase": _phase(workspace, conversation),
        "armed": conversation.armed,
        "busy": conversation.busy or bool(page.task),
        "loading": bool(page.task),
        "stoppable": page.stoppable,
        "task": page.task or _("Computing masks"),
        "segments": [vars(row) for row in workspace.segments],
        "segment": "" if controller is None else controller.segment_id,
        "mode": "add" if controller is None else controller.mode,
        "can_go_back": conversation.can_go_back,
        "can_undo": workspace.can_undo,
        "can_redo": workspace.can_redo,
        "can_continue": conversation.can_continue,
        "through": {"active": volume.active, "ready": volume.ready, "running": volume.running},
        "profiles": profiles.names,
        "profile": profile.name,
        "learned": learned,
        "grey": [0.0, 1.0] if workspace.volume is None else list(grey_range(workspace.volume)),
        "flat": views.flat(workspace.volume),
        "unit": "mm" if workspace.volume is None or is_in_mm(workspace.volume) else "",
        "surface": surface.shown,
    }


def _phase(workspace: Workspace, conversation: Conversation) -> str:
    """Where the session stands: "empty", "idle", "choosing" or "accepted"."""
    if not workspace.is_open:
        return "empty"
    if conversation.choosing:
        return "choosing"
    return "accepted" if conversation.can_continue else "idle"
