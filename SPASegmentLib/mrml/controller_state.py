"""Where the sessions on the slices of a volume stand."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np

from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.mrml.editor import SegmentEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.job import Job
from SPASegmentLib.mrml.preview import Preview
from SPASegmentLib.mrml.stack import Stack
from SPASegmentLib.mrml.writer import WriteMode, Written


class ControllerState:
    """What is segmented, with what, and what is on screen; `Controller` has the steps.

    Attributes:
        volume, segmentation: what is segmented, and where the result goes.
        mode: "add" accepted masks to the segment, or "replace" what it holds on their slice.
        profile: what is known of the user's preference; grows with every accepted mask.
        network: of the next session; None to work with the family of masks around a given mask.
        preview: the temporary segments.
        stack: the slices that sessions are on, while a volume is gone through; None where any slice may be.
        lessons: what masks teach that are not written yet, see `Profile.updated`.
    """

    def __init__(
        self,
        volume: Any,
        segmentation: Any,
        segment_id: str,
        editor: SegmentEditor,
        network: Optional[Network] = None,
        settings: Optional[SessionSettings] = None,
        profile: Optional[Profile] = None,
        mode: WriteMode = "add",
    ) -> None:
        self.volume, self.segmentation, self._segment_id = volume, segmentation, segment_id
        self.mode: WriteMode = mode
        self.profile = profile
        self.network = network
        self._editor = editor
        self._settings = settings or SessionSettings()
        self.preview = Preview(segmentation.GetScene(), 1 + self._settings.candidates)
        self.stack: Optional[Stack] = None
        self.lessons: Tuple[float, ...] = ()
        self._job: Optional[Job] = None
        self._shown: Optional[Job] = None
        self._accepted: Optional[Tuple[Frame, np.ndarray]] = None
        self._written: Optional[Written] = None

    @property
    def segment_id(self) -> str:
        """The segment that results go into."""
        return self._segment_id

    @segment_id.setter
    def segment_id(self, segment_id: str) -> None:
        """Another segment is of another structure: what was accepted before is not gone on from."""
        if segment_id != self._segment_id:
            self._segment_id, self._accepted = segment_id, None

    @property
    def settings(self) -> SessionSettings:
        """Of the sessions."""
        return self._settings

    @property
    def frame(self) -> Optional[Frame]:
        """The slice of the masks on screen, else that of the mask accepted last."""
        if self._shown is not None:
            return self._shown.frame
        return self._accepted[0] if self._accepted is not None else None

    @property
    def accepted(self) -> Optional[Tuple[Frame, np.ndarray]]:
        """Slice and (height, width) mask accepted last."""
        return self._accepted

    @accepted.setter
    def accepted(self, accepted: Optional[Tuple[Frame, np.ndarray]]) -> None:
        """After an undo it is another one that was accepted last, or none."""
        self._accepted = accepted

    @property
    def written(self) -> Optional[Written]:
        """What the mask accepted last has changed."""
        return self._written

    @property
    def masked(self) -> bool:
        """Whether masking or an intensity range may keep some of a mask out of the segment."""
        return self._editor.masked

    @property
    def session(self) -> Optional[Session]:
        """The session whose masks are on screen."""
        return self._shown.session if self._shown is not None else None

    @property
    def busy(self) -> bool:
        """Whether a job is running, or has masks that are not on screen yet.

        Until they are shown, the session is a step ahead of what the user sees, and must not be answered.
        """
        return self._job is not None and (self._job.running or self._job.proposal is not None)
