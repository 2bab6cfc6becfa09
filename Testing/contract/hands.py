"""One user's hands, whatever the front end; and the conversation with the simplest worker and view there can be."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import SPAError

Point = Tuple[float, float, float]


@functools.cache
def phantom() -> Any:
    from SPASegmentLib.data.phantom import ambiguous_phantom

    return ambiguous_phantom()


class Hands:
    """What a user of any front end can do, and see."""

    lesion: Point
    conversation: Any

    def act(self, what: Callable[[], Any]) -> None:
        """Do something on the scene's thread."""
        what()

    def hold(self) -> None:
        """The network is slow from now on: no result comes until `settle`."""

    def settle(self) -> None:
        """Wait until nothing is computed any more."""
        raise NotImplementedError

    @property
    def said(self) -> str:
        """What the user was told last."""
        raise NotImplementedError

    @property
    def controller(self) -> Any:
        raise NotImplementedError

    @property
    def learned(self) -> Any:
        """The profile in use."""
        raise NotImplementedError

    def select(self, segment_id: str) -> None:
        """Select another segment in the list."""
        raise NotImplementedError

    def undo(self) -> None:
        """Ctrl+Z."""
        raise NotImplementedError

    def redo(self) -> None:
        """Ctrl+Y."""
        raise NotImplementedError

    def click(self, right: float = 0.0, up: float = 0.0, remove: bool = False) -> None:
        """Click beside the lesion, in mm, on its axial slice."""
        raise NotImplementedError

    def scroll(self, mm: float) -> None:
        """Scroll the axial view."""
        raise NotImplementedError

    def slice_shown(self) -> float:
        """Where the axial view stands, in mm."""
        raise NotImplementedError

    # What is the same everywhere.

    def point(self, right: float, up: float) -> Point:
        return (self.lesion[0] + right, self.lesion[1] + up, self.lesion[2])

    def masks(self) -> np.ndarray:
        """Click on the lesion and wait; (n, height, width) bool."""
        self.click()
        self.settle()
        return self.now()

    def now(self) -> np.ndarray:
        assert self.conversation.proposal is not None, self.said
        return np.array(self.conversation.proposal.masks)

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Methods of the conversation, done as a user would."""
        if name not in (
            "press", "choose", "larger", "smaller", "back", "start_over", "cancel", "accept", "accept_at_once",
            "next_slice", "box", "accept_and_next",
        ):
            raise AttributeError(name)
        return lambda *arguments: self.act(lambda: getattr(self.conversation, name)(*arguments))

    def voxels(self, segment: Optional[str] = None) -> np.ndarray:
        from SPASegmentLib.mrml.grid import volume_grid
        from SPASegmentLib.mrml.segmentation import segment_array

        controller = self.controller
        grid = volume_grid(controller.volume)
        return segment_array(controller.segmentation, segment or controller.segment_id, grid)

    def paint(self, voxels: np.ndarray) -> None:
        """Put (k, j, i) voxels into the segment with another tool."""
        from SPASegmentLib.mrml.grid import BINARY_LABELMAP, labelmap_image, volume_grid

        controller = self.controller
        image = labelmap_image(voxels, (0, 0, 0), volume_grid(controller.volume).to_local)
        segment = controller.segmentation.GetSegmentation().GetSegment(controller.segment_id)
        self.act(lambda: segment.AddRepresentation(BINARY_LABELMAP, image))


class Alone(Hands):
    """The conversation itself, with the simplest worker and view that there can be."""

    def __init__(self, scene: Any, network: Any) -> None:
        from SPASegmentLib.interaction.profile import Profile
        from SPASegmentLib.interaction.settings import SessionSettings
        from SPASegmentLib.mrml.controller import Controller
        from SPASegmentLib.mrml.conversation import Conversation
        from SPASegmentLib.mrml.editor import LogicEditor
        from SPASegmentLib.mrml.plane import Plane
        from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
        from SPASegmentLib.mrml.volumes import add_volume

        made = phantom()
        volume = add_volume(scene, made.voxels.copy(), made.ijk_to_ras)
        segmentation = create_segmentation(volume)
        self.lesion = made.lesion_ras
        self.editor = LogicEditor(segmentation, volume)
        segment = add_segment(segmentation, "a")
        settings = SessionSettings(predictions=12, particles=64)
        self._controller = Controller(volume, segmentation, segment, self.editor, network, settings)
        self.plane = Plane.named("axial")
        self.offset = self.lesion[2]
        self.words: List[str] = []
        self.profiles: Dict[str, Profile] = {"me": Profile.new("me")}
        self.marked, self.refused = 0, ""
        self.marks: Any = ()
        self._job: Any = None
        self.conversation = Conversation(self, self, self, self)

    # The worker.

    @property
    def busy(self) -> bool:
        return self._job is not None

    def submit(
        self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Any], None], tick: Any = None
    ) -> None:
        self._job = (work, done, failed)

    def settle(self) -> None:
        while self._job is not None:
            (work, done, failed), self._job = self._job, None
            try:
                result = work()
            except Exception as error:
                failed(error)
            else:
                done(result)

    # The view. What a user cancels goes to the worker and the view by different names.

    def say(self, text: str, warn: bool = False) -> None:
        self.words.append(text)

    def explain(self, error: BaseException) -> None:
        if not isinstance(error, SPAError):
            raise error
        self.words.append(str(error))

    def painter(self, frame: Any) -> Callable[[Any], Any]:
        return lambda proposal: len(proposal.masks)

    def propose(self, job: Any, painted: Any) -> None:
        assert painted == len(job.proposal.masks)
        self.marked = 0

    def mark(self, index: int) -> None:
        self.marked = index

    def clear(self) -> None:
        self.marked = 0

    def refresh(self) -> None:
        pass

    def matrix(self) -> np.ndarray:
        matrix = np.eye(4)
        matrix[:3, 3] = (*self.lesion[:2], self.offset)
        return matrix

    def shows(self, frame: Any) -> bool:
        return bool(frame.is_in(self.matrix()))

    def go_to(self, frame: Any) -> None:
        self.offset = frame.xy_to_ras(0, 0)[2]

    def looks_at(self, frame: Any) -> Any:
        return (*self.lesion[:2], self.offset)

    def show_slices(self, marks: Any) -> None:
        self.marks = marks

    # The target.

    @property
    def controller(self) -> Any:
        return self._controller

    def problem(self, from_mask: bool) -> str:
        return ""

    def loading(self, from_mask: bool) -> None:
        return None

    def prepare(self, from_mask: bool) -> Any:
        self._controller.profile = self.profiles["me"]
        return self._controller

    def may_write(self) -> str:
        return self.refused

    def next_segment(self) -> str:
        from SPASegmentLib.mrml.segmentation import add_segment, next_name

        core = self._controller.segmentation.GetSegmentation()
        names = [core.GetSegment(each).GetName() for each in core.GetSegmentIDs()]
        name = next_name(core.GetSegment(self._controller.segment_id).GetName(), names)
        self.editor.save_state()
        self._controller.segment_id = add_segment(self._controller.segmentation, name)
        return name

    # The profiles.

    def taught(self) -> str:
        return "me"

    def update(self, name: str, change: Callable[[Any], Any]) -> Any:
        before = self.profiles[name]
        self.profiles[name] = change(before)
        return before, self.profiles[name]

    # The hands. `cancel` is the worker's here, so the user's goes through the conversation.

    def cancel(self) -> None:
        self._job = None

    @property
    def said(self) -> str:
        return self.words[-1]

    @property
    def learned(self) -> Any:
        return self.profiles["me"]

    def select(self, segment_id: str) -> None:
        self._controller.segment_id = segment_id
        self.conversation.segment_selected()

    def undo(self) -> None:
        if not self.conversation.undo():
            self.editor.undo()
            self.conversation.segmentation_changed()

    def redo(self) -> None:
        if not self.conversation.redo():
            self.editor.redo()
            self.conversation.segmentation_changed()

    def click(self, right: float = 0.0, up: float = 0.0, remove: bool = False) -> None:
        self.conversation.click((*self.point(right, up)[:2], self.offset), self.plane, remove)

    def scroll(self, mm: float) -> None:
        self.offset += mm

    def slice_shown(self) -> float:
        return self.offset
