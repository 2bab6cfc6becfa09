"""What is open in the viewer: one volume, its segmentation, and the controller between them. No page, no trame."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, List, Optional, Tuple

import numpy as np

from SPASegmentLib.data.phantom import Phantom, ambiguous_phantom
from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.io.files import save_segmentation
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.mrml.io.voxels import Image
from SPASegmentLib.mrml.plane import Point
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, next_name
from SPASegmentLib.mrml.volumes import add_image, add_volume, remove_volume
from SPASegmentLib.mrml.writer import WRITE_MODES
from SPASegmentLib.translation import texts
from SPASegmentLib.viewer.profiles import ViewerProfiles
from SPASegmentLib.viewer.segment_colors import hexadecimal, new_color, rgb

_ = texts(__name__)

_LONGEST_NAME = 80


@dataclass(frozen=True)
class SegmentRow:
    """One segment in the list: its id, name and colour ("#rrggbb")."""

    id: str
    name: str
    color: str


class Workspace:
    """The open volume with its segmentation; the thread of the scene only.

    Args:
        scene: vtkMRMLScene.
        network: None where no weights fit; then only existing masks can be worked on.
        settings: of the sessions.
        profiles: of the user.
        show: puts a volume on screen. What is drawn over a volume has to come later: views keep that order.

    Attributes:
        profiles: what is known of the user; after a change of them call `use_profile`.
        volume, segmentation: nodes of the scene, None while nothing is open.
        name: of the open volume, for the user.
        opened: how many volumes have been opened so far.
    """

    def __init__(
        self,
        scene: Any,
        network: Optional[Network] = None,
        settings: Optional[SessionSettings] = None,
        profiles: Optional[ViewerProfiles] = None,
        show: Callable[[Any], None] = lambda volume: None,
    ) -> None:
        self.scene = scene
        self._show = show
        self.profiles = profiles or ViewerProfiles()
        self.opened = 0
        self.volume: Optional[Any] = None
        self.segmentation: Optional[Any] = None
        self.name = ""
        self._network, self._settings = network, settings
        self._saved = ""
        self._editor: Optional[LogicEditor] = None
        self._controller: Optional[Controller] = None

    @property
    def controller(self) -> Controller:
        """What segments the open volume.

        Raises:
            StateError: nothing is open.
        """
        if self._controller is None:
            raise StateError(_("Open a volume first."))
        return self._controller

    @property
    def has_network(self) -> bool:
        """Whether clicks and boxes can start a session; without, only existing masks can."""
        return self._network is not None

    @property
    def is_open(self) -> bool:
        """Whether a volume is open."""
        return self._controller is not None

    def open_file(self, path: str, name: Optional[str] = None, component: Optional[int] = None) -> None:
        """Open a volume from a file or a folder in place of the one before; on an error that one stays.

        Args:
            path: file or folder.
            name: for the user; None for the file's own.
            component: see `read_image`.

        Raises:
            InputError: see `read_image` and `add_image`.
        """
        self.open_image(read_image(path, component), name or Path(path).name)

    def open_image(self, image: Image, name: str) -> None:
        """Open an image that has been read, in place of the volume before; on an error that one stays.

        Raises:
            InputError: see `add_image`.
        """
        self._open(add_image(self.scene, image, name.split(".")[0]), name)

    def open_phantom(self, phantom: Optional[Phantom] = None) -> Point:
        """Open the built-in volume, made already or now; returns a point in its lesion, in mm."""
        phantom = phantom or ambiguous_phantom()
        self._open(add_volume(self.scene, phantom.voxels, phantom.ijk_to_ras, "Phantom"), "Phantom")
        return phantom.lesion_ras

    def close(self) -> None:
        """Take everything out of the scene; the profiles stay."""
        if self._controller is None or self._editor is None:
            return
        self._controller.close()
        self._editor.close()
        assert self.segmentation is not None
        for node in (self.segmentation.GetDisplayNode(), self.segmentation):
            if node is not None:
                self.scene.RemoveNode(node)
        remove_volume(self.volume)
        self._controller = self._editor = self.segmentation = self.volume = None
        self.name = ""

    def _open(self, volume: Any, name: str) -> None:
        self.close()
        self.volume, self.name = volume, name
        self._show(volume)
        self.segmentation = create_segmentation(volume, "Segmentation")
        self._editor = LogicEditor(self.segmentation, volume)
        first = add_segment(self.segmentation, "Segment 1", new_color(()))
        self._controller = Controller(
            volume, self.segmentation, first, self._editor, self._network, self._settings, self.profiles.active
        )
        self.opened += 1
        self._saved = self.version

    # Segments

    @property
    def segments(self) -> List[SegmentRow]:
        """All segments, in their order."""
        if self.segmentation is None:
            return []
        core = self.segmentation.GetSegmentation()
        found = ((name, core.GetSegment(name)) for name in core.GetSegmentIDs())
        return [SegmentRow(name, segment.GetName(), hexadecimal(segment.GetColor())) for name, segment in found]

    def select(self, segment_id: str) -> None:
        """Write into this segment from now on.

        Raises:
            InputError: there is no such segment.
        """
        self._segment(segment_id)
        self.controller.segment_id = segment_id

    def add(self) -> str:
        """Add an empty segment, select it and return its id."""
        controller = self.controller
        taken = {row.name for row in self.segments}
        number = next(n for n in range(1, len(taken) + 2) if f"Segment {n}" not in taken)
        self._save_state()
        controller.segment_id = add_segment(self.segmentation, f"Segment {number}", self._new_color())
        return controller.segment_id

    def add_next(self) -> str:
        """Add an empty segment named after the selected one, select it and return its name."""
        rows = self.segments
        name = next(row.name for row in rows if row.id == self.controller.segment_id)
        added = next_name(name, (row.name for row in rows))[-_LONGEST_NAME:]
        self._save_state()
        self.controller.segment_id = add_segment(self.segmentation, added, self._new_color())
        return added

    def set_mode(self, mode: str) -> None:
        """Add masks to the segment, or replace what it holds on their slices (`writer.WriteMode`).

        Raises:
            InputError: there is no such mode.
        """
        if mode not in WRITE_MODES:
            raise InputError(_("The write mode is one of {modes}.").format(modes=", ".join(WRITE_MODES)))
        self.controller.mode = mode

    def rename(self, segment_id: str, name: str) -> None:
        """Give a segment a name.

        Raises:
            InputError: there is no such segment, or the name is empty, too long or not printable.
        """
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InputError(
                _("The name of a segment is a text of 1 to {longest} printable characters.").format(
                    longest=_LONGEST_NAME
                )
            )
        segment = self._segment(segment_id)
        self._save_state()
        segment.SetName(name)

    def recolor(self, segment_id: str, color: str) -> None:
        """Give a segment a colour, "#rrggbb".

        Raises:
            InputError: there is no such segment, or the colour is none.
        """
        segment = self._segment(segment_id)
        parts = rgb(color)
        self._save_state()
        segment.SetColor(*parts)

    def remove(self, segment_id: str) -> None:
        """Delete a segment; undo brings it back.

        Raises:
            InputError: there is no such segment, or it is the last one.
        """
        self._segment(segment_id)
        if len(self.segments) == 1:
            raise InputError(_("This is the only segment; add another one before you delete it."))
        self._save_state()
        self.segmentation.GetSegmentation().RemoveSegment(segment_id)  # type: ignore[union-attr]
        self._reselect()

    # Undo

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self._editor is not None and bool(self._editor.logic.CanUndo())

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to do again."""
        return self._editor is not None and bool(self._editor.logic.CanRedo())

    def undo(self) -> None:
        """Take the last change of the segmentation back.

        Raises:
            StateError: there is none, or nothing is open.
        """
        self._open_editor().undo()
        self._reselect()

    def redo(self) -> None:
        """Do again what `undo` took back.

        Raises:
            StateError: there is nothing, or nothing is open.
        """
        self._open_editor().redo()
        self._reselect()

    # Profiles and results

    def use_profile(self) -> None:
        """Start sessions with the profile that is in use now."""
        if self._controller is not None:
            self._controller.profile = self.profiles.active

    @property
    def unsaved(self) -> bool:
        """Whether the segmentation has changed since it was opened or saved."""
        return self.version != self._saved

    def save(self, path: str) -> str:
        """Write the segmentation, see `save_segmentation`, and return its `version`, for `saved` to be told of.

        Raises:
            StateError: nothing is open.
            OutputError: it could not be written.
        """
        if self.segmentation is None:
            raise StateError(_("Open a volume and segment something first."))
        save_segmentation(self.segmentation, path, self.volume)
        return self.version

    def saved(self, version: str) -> None:
        """The segmentation as it was in this version has reached the user; a file that was written has not yet."""
        self._saved = version

    @property
    def version(self) -> str:
        """A text that differs whenever the segmentation does; empty where there is none."""
        if self.segmentation is None:
            return ""
        core = self.segmentation.GetSegmentation()
        source = core.GetSourceRepresentationName()
        images = [core.GetSegment(row.id).GetRepresentation(source) for row in self.segments]
        parts = [(row, 0 if image is None else image.GetMTime()) for row, image in zip(self.segments, images)]
        return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()

    def _open_editor(self) -> LogicEditor:
        if self._editor is None:
            raise StateError(_("Open a volume first."))
        return self._editor

    def _save_state(self) -> None:
        self._open_editor().save_state()

    def _new_color(self) -> Tuple[float, float, float]:
        return new_color(row.color for row in self.segments)

    def _segment(self, segment_id: str) -> Any:
        segment = None if self.segmentation is None else self.segmentation.GetSegmentation().GetSegment(segment_id)
        if segment is None:
            raise InputError(_("There is no such segment any more; pick one of the list."))
        return segment

    def _reselect(self) -> None:
        """Stay on a segment that exists."""
        ids = [row.id for row in self.segments]
        if self.controller.segment_id not in ids and ids:
            self.controller.segment_id = ids[-1]


def grey_range(volume: Any) -> Tuple[float, float]:
    """Darkest and brightest value that a volume's display tells apart, of each colour where it has colours."""
    display = volume.GetDisplayNode()
    level, window = display.GetLevel(), display.GetWindow()
    return level - window / 2, level + window / 2


def set_grey_range(volume: Any, low: float, high: float) -> None:
    """Show values from `low` (black) to `high` (white).

    Raises:
        InputError: the range is empty.
    """
    display = volume.GetDisplayNode()
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise InputError(_("The darkest value must lie below the brightest one."))
    display.SetAutoWindowLevel(0)
    display.SetWindowLevel(high - low, (high + low) / 2)
