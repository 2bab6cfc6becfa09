"""``spa segment``: a click in a file becomes a segmentation in another."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np
from rich.console import Console

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import ends_as_interruptions, interruption_at_the_end
from SPASegmentLib.commands.plain import say
from SPASegmentLib.commands.readers import (
    InputEndedError,
    Reader,
    ScriptedReader,
    SimulatedReader,
    TerminalReader,
    parse_choices,
)
from SPASegmentLib.commands.record import Slice, log
from SPASegmentLib.commands.terminal import rounds_table
from SPASegmentLib.errors import BackgroundError, InputError, OutputError, SPAError
from SPASegmentLib.output import make_folder, whole_file, write_json
from SPASegmentLib.paths import Named, check_paths, weights_files

if TYPE_CHECKING:
    from SPASegmentLib.commands.reference import ReferenceMask
    from SPASegmentLib.commands.volume_session import VolumeSession
    from SPASegmentLib.mrml.plane import Plane

#: What `canvas.Canvas.save` writes.
FIGURE_ENDINGS = (".png", ".jpg", ".jpeg")
#: Profiles hold distances in mm.
_NOT_LEARNED = "The file does not say how large its voxels are, so --profile is not used and learns nothing."


@dataclass(frozen=True)
class SegmentTask:
    """The arguments of ``spa segment``; see ``spa segment --help``."""

    volume: Path
    click: str
    output: Path
    plane: str = "axial"
    slices: int = 0
    through: bool = False
    visits: Optional[int] = None
    choices: Optional[str] = None
    reference: Optional[Path] = None
    profile: Optional[Path] = None
    weights: Optional[Path] = None
    region_mm: Optional[float] = None
    seed: int = 0
    log: Optional[Path] = None
    figure: Optional[Path] = None
    component: Optional[int] = None
    anywhere: bool = False
    runtime: str = "auto"

    def expanded(self) -> SegmentTask:
        """The same with ~ for the user's folder replaced."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        paths: Dict[str, Any] = {name: v.expanduser() for name, v in values.items() if isinstance(v, Path)}
        return replace(self, **paths)


def run_segment(task: SegmentTask) -> None:
    """Segment, and write the results; each file appears whole or not at all.

    Once a slice has been accepted, what was accepted is written however the work on the others ends.

    Raises:
        SPAError: an argument, a file or the click cannot be used.
        KeyboardInterrupt: the program was told to end; what had been accepted is written.
    """
    console, task = Console(), task.expanded()
    ras = parse_point(task.click)
    _check_through(task)
    reader = _reader(task, console)
    _check_figure(task.figure)
    check_paths(_inputs(task), _outputs(task))

    with console.status("Getting ready ..."), interruption_at_the_end():
        # VTK and what runs the network take seconds to load; what can be checked without them has been checked.
        from SPASegmentLib.commands.reference import ReferenceMask
        from SPASegmentLib.commands.volume_session import VolumeSession
        from SPASegmentLib.interaction.profile import Profile
        from SPASegmentLib.interaction.settings import SessionSettings
        from SPASegmentLib.model import use
        from SPASegmentLib.model.card import models_folder
        from SPASegmentLib.mrml.io.files import check_lattice, check_output
        from SPASegmentLib.mrml.io.volumes import files_of
        from SPASegmentLib.mrml.plane import Plane
        from SPASegmentLib.mrml.scene import open_scene
        from SPASegmentLib.mrml.volumes import load_volume, notes_of

        if task.figure is not None:
            import SPASegmentLib.commands.figure  # noqa: F401  what it lacks is said before the work begins

        check_output(str(task.output))
        plane = Plane.parse(task.plane)
        settings = SessionSettings(seed=task.seed, region_mm=task.region_mm)
        profile = Profile.load(task.profile) if task.profile is not None and task.profile.exists() else None
        loaded = use.load(task.weights, runtime=task.runtime)
        if any(path is not None and path.exists() for _, path in _outputs(task)):
            bundled = [("the bundled weights", path) for path in models_folder().glob("*.*")]
            check_paths([*_series(task.volume, files_of), *bundled], _outputs(task))

    with ends_as_interruptions(), open_scene() as scene:
        with console.status("Reading the volume ..."):
            volume = load_volume(scene, str(task.volume), task.component)
            check_lattice(str(task.output), volume)
            reference = None if task.reference is None else ReferenceMask.load(scene, str(task.reference))
        for note in notes_of(volume):
            console.print(f"Note: {note}", markup=False, highlight=False, soft_wrap=True)
        session = VolumeSession(volume, loaded.network, settings, reader, reference, profile)
        if task.profile is not None and not session.in_mm:
            console.print(f"Note: {_NOT_LEARNED}", markup=False, highlight=False, soft_wrap=True)
        ended = _work(session, ras, plane, task, console, asks=isinstance(reader, TerminalReader))
        with interruption_at_the_end():
            volume_dice = _write(session, volume, reference, task, loaded.card.name)
    if ended is not None:
        _tell_of_the_end(ended, session.done, task.output)
    _report(console, session, volume_dice, task.output)


def _write(
    session: VolumeSession, volume: Any, reference: Optional[ReferenceMask], task: SegmentTask, weights_name: str
) -> Optional[float]:
    """Write all results: the segmentation, the profile, the log and the figure, as far as they are wanted.

    Returns:
        Dice with the reference over the whole volume; None without one.

    Raises:
        SPAError: one of them cannot be written.
    """
    from SPASegmentLib.interaction.profile import Profile

    _save(session, volume, task.output)
    for _, path in _outputs(task):
        if path is not None:
            make_folder(path.parent)  # that was there when the work began
    if task.profile is not None:
        Profile.teach(task.profile, session.offsets_mm)
    dice = None if reference is None else reference.dice(session.segmentation, session.segment_id, volume)
    if task.log is not None:
        entry = {**log(session.done, weights_name, task.seed), "actions": session.actions, "volume_dice": dice}
        write_json({**entry, **_through(session)}, task.log)
    if task.figure is not None:
        from SPASegmentLib.commands.figure import draw_session

        with whole_file(task.figure) as partial:
            draw_session(session.done[0], partial, f"{task.volume.name}: the clicked slice")
    return dice


def _save(session: VolumeSession, volume: Any, output: Path) -> None:
    """Write the segmentation; among the temporary files where its own place has become impossible.

    Raises:
        OutputError: it could not be written to its place, and where it is now, if anywhere.
    """
    from SPASegmentLib.mrml.io.files import save_segmentation

    try:
        make_folder(output.parent)
        save_segmentation(session.segmentation, str(output), volume)
    except OutputError as error:
        kept = _kept(lambda path: save_segmentation(session.segmentation, str(path), volume), output.name)
        if kept is None:
            raise
        raise OutputError(f"{error} What was accepted has been kept: move {kept} from there.") from error


def _kept(write: Callable[[Path], None], name: str) -> Optional[Path]:
    """Write among the temporary files, in a folder that stays; None where that is impossible, too."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="spa-kept-"))
    except OSError:
        return None
    try:
        write(folder / name)
    except OutputError:
        folder.rmdir()
        return None
    return folder / name


def _check_through(task: SegmentTask) -> None:
    """Refuse options that contradict each other, and a region that is none.

    Raises:
        InputError: they do.
    """
    if task.through and task.slices:
        raise InputError("Give --through or --slices, not both: through the volume SPA finds the slices by itself.")
    if task.region_mm is not None and not 0 < task.region_mm < np.inf:
        raise InputError(f"--region ({task.region_mm:g}) is the side of a square in mm, above 0.")
    if task.visits is not None and not task.through:
        raise InputError("--visits says how many doubtful slices are answered after --through; add --through.")
    if task.visits and task.choices is not None:
        raise InputError(
            "--choices answers the clicked slice alone, and --visits asks about others, on which the structure may "
            "have ended: give --reference, or leave --choices out and answer in the terminal."
        )


def _check_figure(path: Optional[Path]) -> None:
    """Refuse a figure that nothing can draw.

    Raises:
        InputError: the ending is none that can be written.
    """
    if path is not None and path.suffix.lower() not in FIGURE_ENDINGS:
        raise InputError(f"--figure ({path}) must end in {', '.join(FIGURE_ENDINGS)}.")


def _inputs(task: SegmentTask) -> List[Named]:
    return [
        ("the volume", task.volume), ("--reference", task.reference), *weights_files(task.weights),
    ]  # fmt: skip


def _outputs(task: SegmentTask) -> List[Named]:
    return [
        ("--output", task.output), ("--log", task.log), ("--figure", task.figure), ("--profile", task.profile),
    ]  # fmt: skip


def _series(volume: Path, files_of: Callable[[Path], Sequence[Path]]) -> List[Named]:
    """The files that the volume is read from; what is wrong with them is said where it is read."""
    try:
        return [("a file of the volume", path) for path in files_of(volume)]
    except (SPAError, OSError):
        return []


def _tell_of_the_end(ended: BaseException, slices: List[Slice], output: Path) -> None:
    """Say what was kept when the work ended early, and end in the same way.

    Raises:
        KeyboardInterrupt, SPAError: unless only the input has ended.
    """
    kept = sum(1 for done in slices if done.mask is not None)
    words = f"{output} holds what was accepted before: {kept} slice{'s' if kept > 1 else ''}."
    if isinstance(ended, KeyboardInterrupt):
        raise KeyboardInterrupt(f"Interrupted; {words}") from None
    say(f"{'The input ended' if isinstance(ended, InputEndedError) else 'The work ended early'}; {words}")
    if not isinstance(ended, InputEndedError):
        raise ended


def parse_point(text: str) -> Tuple[float, float, float]:
    """Read ``--click``.

    Raises:
        InputError: it is not three finite numbers.
    """
    try:
        r, a, s = (float(part) for part in text.split(","))
    except ValueError:
        r = a = s = np.nan
    if not np.isfinite([r, a, s]).all():
        raise InputError(f'--click is a point in mm, right, anterior, superior, such as 12.5,-40,88; not "{text}".')
    return (r, a, s)


def _reader(task: SegmentTask, console: Console) -> Reader:
    if task.choices is not None and task.reference is not None:
        raise InputError("Give --choices or --reference, not both: only one of them can answer.")
    if task.choices is not None:
        return ScriptedReader(parse_choices(task.choices))
    return TerminalReader(console) if task.reference is None else SimulatedReader(seed=task.seed)


def _work(
    session: VolumeSession,
    ras: Tuple[float, float, float],
    plane: Plane,
    task: SegmentTask,
    console: Console,
    asks: bool,
) -> Optional[BaseException]:
    """The clicked slice and its neighbours, with a progress bar where nobody is asked.

    Returns:
        What ended the work after a mask had been accepted, None if it came to its own end.
    """
    try:
        with progress_bar(console, "slices", transient=True, hidden=asks) as progress:
            session.start(ras, plane, task.anywhere)
            progress(1, 1 + 2 * task.slices)
            for _done in session.go_on(task.slices):
                progress(len(session.done), 1 + 2 * task.slices)
            if task.through and session.accepted:
                session.go_through(task.visits or 0, progress)
    except BackgroundError as error:
        raise InputError(f"{error} To take this click as it is, add --anywhere.") from error
    except BaseException as error:
        if not session.accepted:
            raise
        return error
    if not session.accepted:
        raise InputError(f"No mask was accepted, so nothing was written.{_why(session)}")
    return None


def _why(session: VolumeSession) -> str:
    """Why a simulated reader has accepted nothing."""
    reference = session.done[0].reference
    if reference is None:
        return ""
    if reference.any():
        return " None on screen met --reference; click into what it outlines."
    return " --reference has nothing on the clicked slice; click where it has, or give the mask of this volume."


def _through(session: VolumeSession) -> Dict[str, Any]:
    """What the log says of the way through the volume, if there was one; no mm where nobody knows how many."""
    found = session.found
    if found is None or found.extent is None:
        return {}
    return {
        "through": {
            "slices": len(found.masks), "mm": found.extent.mm if session.in_mm else None,
            "expected_dice": found.expected_dice, "visits": session.visits, "ends": session.ends,
        }
    }  # fmt: skip


def _report(console: Console, session: VolumeSession, volume_dice: Optional[float], output: Path) -> None:
    slices = session.done
    if slices[0].reference is not None:
        console.print(rounds_table(slices[0].steps, "The clicked slice"))
    accepted = sum(1 for s in slices if s.mask is not None)
    words = [f"{accepted} slice{'s' if accepted > 1 else ''}", f"{session.actions} actions"]
    if session.found is not None and session.found.extent is not None:
        count = len(session.found.masks)
        length = f" over {session.found.extent.mm:.0f} mm" if session.in_mm else ""
        words[0] = f"{count} slice{'s' if count > 1 else ''}{length}, {accepted} of them answered"
    if volume_dice is not None:
        words.append(f"Dice {volume_dice:.3f} over the whole volume")
    console.print(f"Wrote {output}: {', '.join(words)}.", markup=False, highlight=False, soft_wrap=True)
