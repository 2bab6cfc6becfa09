"""Hand-made sessions, the phantom as files, and the command itself for the commands' tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Tuple

import numpy as np
import pytest
import slicer
import vtk
from typer.testing import CliRunner
from vtk.util import numpy_support

from SPASegmentLib.cli import app
from SPASegmentLib.commands.record import Answer, Slice, Step
from SPASegmentLib.data.phantom import Phantom, ambiguous_phantom
from SPASegmentLib.interaction.differences import compare_all
from SPASegmentLib.interaction.types import Click, Proposal
from SPASegmentLib.mrml.grid import matrix_from_array
from SPASegmentLib.mrml.scene import HeadlessScene
from SPASegmentLib.mrml.volumes import load_mask


def disk(radius: float, centre: Tuple[float, float] = (30.0, 25.0)) -> np.ndarray:
    y, x = np.mgrid[:60, :70]
    return np.hypot(x - centre[0], y - centre[1]) <= radius


@dataclass(frozen=True)
class Plain:
    """Implements `types.Maps`: masks of which everything is certain."""

    masks: np.ndarray

    def probability(self, mask: int) -> np.ndarray:
        return self.masks[mask].astype(np.float32)

    def uncertainty(self) -> np.ndarray:
        return np.zeros(self.masks.shape[1:], np.float32)


def proposal(round_number: int, recommended: float, *candidates: float) -> Proposal:
    """Concentric disks of these radii in pixels of 0.5 mm x 0.5 mm."""
    masks = np.stack([disk(r) for r in (recommended, *candidates)])
    return Proposal(masks, Plain(masks), compare_all(masks, (0.5, 0.5)), round_number, 0.875)


@pytest.fixture
def session() -> Slice:
    """Two rounds for a reader who wants a disk of radius 12: candidate 3 is chosen, then candidate 1 accepted."""
    reference = disk(12)
    steps = (
        Step(proposal(1, 8, 5, 7, 11, 15), Answer("choose", 3), 0.25, reference),
        Step(proposal(2, 10, 12, 14), Answer("accept", 1), 0.125, reference),
    )
    pixels = np.random.default_rng(0).normal(size=(60, 70)).astype(np.float32) + 3 * disk(12)
    return Slice(pixels, (0.5, 0.5), Click(30, 25), steps, steps[1].proposal.masks[1], reference)


@dataclass(frozen=True)
class Files:
    """The phantom as files.

    Attributes:
        volume: NRRD file.
        reference: NRRD file with the mask of the reader "satellite".
        phantom: what is in them.
        click: a point in the lesion, as --click takes it.
    """

    volume: Path
    reference: Path
    phantom: Phantom
    click: str


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it wrote to the terminal."""

    code: int
    out: str
    err: str


WriteVolume = Callable[..., Path]
ReadMask = Callable[[Path], np.ndarray]
Spa = Callable[..., Outcome]


def _write_volume(path: Path, array: np.ndarray, to_ras: np.ndarray) -> Path:
    with HeadlessScene() as headless:
        node = headless.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
        node.SetIJKToRASMatrix(matrix_from_array(to_ras))
        image = vtk.vtkImageData()
        image.SetDimensions(*array.shape[::-1])
        image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(array.ravel(), deep=True))
        node.SetAndObserveImageData(image)
        storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
        headless.scene.AddNode(storage)
        storage.SetFileName(str(path))
        assert storage.WriteData(node)
    return path


@pytest.fixture(scope="session")
def write_volume() -> WriteVolume:
    """Writes (k, j, i) voxels and their matrix to a file, whatever they are."""
    return _write_volume


@pytest.fixture(scope="session")
def read_mask() -> ReadMask:
    """Reads the (k, j, i) bool voxels of a mask or segmentation."""

    def read(path: Path) -> np.ndarray:
        with HeadlessScene() as headless:
            return load_mask(headless.scene, str(path))[0]

    return read


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("files")
    phantom = ambiguous_phantom(0)
    return Files(
        _write_volume(folder / "scan.nrrd", phantom.voxels, phantom.ijk_to_ras),
        _write_volume(folder / "reader.nrrd", phantom.readers["satellite"].astype(np.uint8), phantom.ijk_to_ras),
        phantom,
        ",".join(str(v) for v in phantom.lesion_ras),
    )


@pytest.fixture
def spa(capfd: pytest.CaptureFixture[str]) -> Spa:
    """Runs the command in this process; what libraries write to the terminal by themselves is caught too."""

    def run(*arguments: object, typed: str = "") -> Outcome:
        capfd.readouterr()
        result = CliRunner().invoke(app, [str(a) for a in arguments], input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        by_libraries = capfd.readouterr()
        return Outcome(result.exit_code, result.stdout + by_libraries.out, result.stderr + by_libraries.err)

    return run
