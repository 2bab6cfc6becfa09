"""``spa segment``: a click in a file becomes a segmentation in another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Tuple

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from SPASegmentLib.commands.interruption import interruption_at_the_end
from SPASegmentLib.commands.readers import Reader, ScriptedReader, SimulatedReader, TerminalReader, parse_choices
from SPASegmentLib.commands.record import Slice, log, write_json
from SPASegmentLib.commands.screen import rounds_table
from SPASegmentLib.errors import InputError
from SPASegmentLib.output import check_writable, whole_file

if TYPE_CHECKING:
    from SPASegmentLib.commands.volume_session import VolumeSession
    from SPASegmentLib.mrml.plane import Plane


@dataclass(frozen=True)
class SegmentTask:
    """The arguments of ``spa segment``; see ``spa segment --help``."""

    volume: Path
    click: str
    output: Path
    plane: str = "axial"
    slices: int = 0
    choices: Optional[str] = None
    reference: Optional[Path] = None
    profile: Optional[Path] = None
    weights: Optional[Path] = None
    region_mm: Optional[float] = None
    seed: int = 0
    log: Optional[Path] = None
    figure: Optional[Path] = None


def run_segment(task: SegmentTask) -> None:
    """Segment, and write the results; each file appears whole or not at all.

    Raises:
        SPAError: an argument, a file or the click cannot be used.
    """
    console = Console()
    ras = parse_point(task.click)
    reader = _reader(task, console)
    for path in (task.output, task.log, task.figure, task.profile):
        if path is not None:
            check_writable(path)

    with console.status("Getting ready ..."), interruption_at_the_end():
        # torch and VTK take seconds to load; what can be checked without them has been checked.
        from SPASegmentLib.commands.reference import ReferenceMask
        from SPASegmentLib.commands.volume_session import VolumeSession
        from SPASegmentLib.interaction.profile import Profile
        from SPASegmentLib.interaction.settings import SessionSettings
        from SPASegmentLib.model.weights import load_for_use
        from SPASegmentLib.mrml.io.files import check_output, save_segmentation
        from SPASegmentLib.mrml.plane import Plane
        from SPASegmentLib.mrml.scene import open_scene
        from SPASegmentLib.mrml.volumes import load_volume

        check_output(str(task.output))
        plane = Plane.parse(task.plane)
        settings = SessionSettings(seed=task.seed, region_mm=task.region_mm)
        profile = Profile.load(task.profile) if task.profile is not None and task.profile.exists() else None
        loaded = load_for_use(task.weights)

    with open_scene() as scene:
        with console.status("Reading the volume ..."):
            volume = load_volume(scene, str(task.volume))
            reference = None if task.reference is None else ReferenceMask.load(scene, str(task.reference))
        session = VolumeSession(volume, loaded.network, settings, reader, reference, profile)
        slices = _work(session, ras, plane, task.slices, console, asks=isinstance(reader, TerminalReader))
        save_segmentation(session.segmentation, str(task.output), volume)
        if task.profile is not None and session.profile is not None:
            session.profile.save(task.profile)
        volume_dice = None if reference is None else reference.dice(session.segmentation, session.segment_id, volume)
    if task.log is not None:
        write_json({**log(slices, loaded.card.name, task.seed), "volume_dice": volume_dice}, task.log)
    if task.figure is not None:
        with interruption_at_the_end():
            from SPASegmentLib.commands.figure import draw_session
        with whole_file(task.figure) as partial:
            draw_session(slices[0], partial, f"{task.volume.name}: the clicked slice")
    _report(console, slices, volume_dice, task.output)


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
    session: VolumeSession, ras: Tuple[float, float, float], plane: Plane, count: int, console: Console, asks: bool
) -> List[Slice]:
    """The clicked slice and its neighbours, with a progress bar where nobody is asked."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=asks) as progress:
        bar = progress.add_task("slices", total=1 + 2 * count)
        slices = [session.start(ras, plane)]
        if slices[0].mask is None:
            raise InputError("No mask was accepted, so nothing was written.")
        progress.advance(bar)
        for done in session.go_on(count):
            slices.append(done)
            progress.advance(bar)
    return slices


def _report(console: Console, slices: List[Slice], volume_dice: Optional[float], output: Path) -> None:
    if slices[0].reference is not None:
        console.print(rounds_table(slices[0].steps, "The clicked slice"))
    accepted = sum(1 for s in slices if s.mask is not None)
    words = [f"{accepted} slice{'s' if accepted > 1 else ''}", f"{sum(s.actions for s in slices)} actions"]
    if volume_dice is not None:
        words.append(f"Dice {volume_dice:.3f} over the whole volume")
    console.print(f"Wrote {output}: {', '.join(words)}.", markup=False, highlight=False, soft_wrap=True)
