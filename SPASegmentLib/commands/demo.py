"""``spa demo``: a simulated reader works on the built-in phantom."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from rich.console import Console

from SPASegmentLib.commands.interruption import interruption_at_the_end
from SPASegmentLib.commands.readers import SimulatedReader
from SPASegmentLib.commands.record import log
from SPASegmentLib.commands.terminal import rounds_table
from SPASegmentLib.errors import InputError
from SPASegmentLib.output import make_folder, whole_file, write_json
from SPASegmentLib.paths import check_paths, weights_files


def run_demo(folder: Path, reader: str, weights: Optional[Path], seed: int, runtime: str = "auto") -> None:
    """Click on the phantom's lesion, choose as the reader would, and write demo.seg.nrrd, demo.png and log.json.

    Args:
        folder: where the files go; made if it does not exist.
        reader: one of `SPASegmentLib.data.phantom.READERS`.
        weights: a weights file; None for the bundled one.
        seed: of the phantom, the session and the reader.
        runtime: see `model.use`.

    Raises:
        SPAError: an argument or the folder cannot be used.
    """
    console = Console()
    segmentation_file, figure_file, log_file = (folder / name for name in ("demo.seg.nrrd", "demo.png", "log.json"))
    results = [(f"the result {path.name}", path) for path in (segmentation_file, figure_file, log_file)]
    check_paths(weights_files(weights), results, make_folders=True)

    with console.status("Getting ready ..."), interruption_at_the_end():
        from SPASegmentLib.commands.figure import draw_session
        from SPASegmentLib.commands.reference import ReferenceMask
        from SPASegmentLib.commands.volume_session import VolumeSession
        from SPASegmentLib.data.phantom import READERS, ambiguous_phantom
        from SPASegmentLib.interaction.settings import SessionSettings
        from SPASegmentLib.model import use
        from SPASegmentLib.mrml.grid import volume_grid
        from SPASegmentLib.mrml.io.files import save_segmentation
        from SPASegmentLib.mrml.plane import Plane
        from SPASegmentLib.mrml.scene import open_scene
        from SPASegmentLib.mrml.volumes import add_volume

        if reader not in READERS:
            raise InputError(f'--reader is one of {", ".join(READERS)}, not "{reader}".')
        loaded = use.load(weights, runtime=runtime)
        settings = SessionSettings(seed=seed)
        phantom = ambiguous_phantom(seed)

    make_folder(folder)
    with open_scene() as scene:
        volume = add_volume(scene, phantom.voxels, phantom.ijk_to_ras, "Phantom")
        reference = ReferenceMask(phantom.readers[reader], volume_grid(volume))
        session = VolumeSession(volume, loaded.network, settings, SimulatedReader(seed), reference)
        with console.status("A simulated reader clicks and chooses ..."):
            done = session.start(phantom.lesion_ras, Plane.named("axial"))
        console.print(rounds_table(done.steps, f'Reader "{reader}" on the phantom, one click, then choices'))
        if done.mask is None:
            raise InputError("The reader found no mask to accept; use other weights.")
        save_segmentation(session.segmentation, str(segmentation_file), volume)
    entry = log([done], loaded.card.name, seed)
    with whole_file(figure_file) as partial:
        draw_session(
            done, partial,
            f'One click, then choices: the masks move to what the reader "{reader}" has in mind',
        )
    write_json(entry, log_file)
    console.print(
        f"Accepted after {entry['actions']} actions with Dice {entry['accepted_dice']:.3f}. Wrote {segmentation_file},"
        f" {figure_file.name} and {log_file.name}.",
        markup=False, highlight=False, soft_wrap=True,
    )
