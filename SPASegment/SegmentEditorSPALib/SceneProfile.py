"""A copy of the profile in the scene, where the user wants one: it travels with the data, and is never read unasked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Optional

import slicer

if TYPE_CHECKING:
    from SPASegmentLib.interaction.profile import Profile

_MODULE, _PROFILE, _OWNER = "SPASegment", "Profile", "Owner"


def save(scene: Any, profile: Profile, owner: str) -> None:
    """Put a copy into the scene, in place of the one before.

    Args:
        scene: vtkMRMLScene.
        profile: to copy.
        owner: tells one user's copies from another's without naming anybody.
    """
    node = _node(scene)
    if node is None:
        node = slicer.vtkMRMLScriptedModuleNode()
        node.SetSingletonTag(_MODULE)
        node.SetModuleName(_MODULE)
        node.SetName("SPA profile")
        node.SetHideFromEditors(True)
        node = scene.AddNode(node)
    node.SetParameter(_PROFILE, profile.to_json())
    node.SetParameter(_OWNER, owner)


def load(scene: Any) -> Optional[Profile]:
    """The copy in the scene, None if there is none.

    Raises:
        InputError: it is damaged.
    """
    from SPASegmentLib.interaction.profile import Profile

    node = _node(scene)
    return None if node is None else Profile.from_json(node.GetParameter(_PROFILE), "in the scene")


def name(scene: Any) -> str:
    """The name of the copy in the scene, empty if there is none or it is damaged; needs no library."""
    node = _node(scene)
    try:
        return "" if node is None else str(json.loads(node.GetParameter(_PROFILE))["name"])
    except (KeyError, TypeError, ValueError):
        return ""


def owner(scene: Any) -> str:
    """Whose the copy in the scene is, empty if there is none."""
    node = _node(scene)
    return "" if node is None else str(node.GetParameter(_OWNER))


def remove(scene: Any) -> None:
    """Take the copy out of the scene; may be called twice."""
    node = _node(scene)
    if node is not None:
        scene.RemoveNode(node)


def _node(scene: Any) -> Any:
    return scene.GetSingletonNode(_MODULE, "vtkMRMLScriptedModuleNode")
