"""A sheet to draw on: pictures, letters and lines, in what VTK and NumPy have, written as PNG or JPEG."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Tuple

import numpy as np
import vtkmodules.vtkRenderingFreeType  # noqa: F401  makes the renderer of texts
from scipy import ndimage
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges2D, vtkStripper
from vtkmodules.vtkIOImage import vtkJPEGWriter, vtkPNGWriter
from vtkmodules.vtkRenderingCore import vtkTextProperty, vtkTextRenderer

#: Red, green and blue in 0..255.
Colour = Tuple[int, int, int]
#: Everything is drawn so much larger and then made smaller, which smooths it.
SCALE = 2
#: Dots per inch at which VTK makes one pixel of one point.
_DPI = 72
#: Widths of a dashed line and of the halo around it, in pixels.
_LINE, _HALO = 1.8, 3.6
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


class Canvas:
    """A white sheet; places and sizes are in its pixels, from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self._rgb = np.full((height * SCALE, width * SCALE, 3), 255.0, np.float32)

    def picture(self, x: float, y: float, rgb: np.ndarray) -> None:
        """Put a picture of (SCALE * height, SCALE * width, 3) uint8 at a place."""
        row, column = _scaled(y), _scaled(x)
        self._rgb[row : row + rgb.shape[0], column : column + rgb.shape[1]] = rgb

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle."""
        self._rgb[_scaled(y) : _scaled(y + height), _scaled(x) : _scaled(x + width)] = colour

    def frame(self, x: float, y: float, side: float, line: float, colour: Colour) -> None:
        """Draw a square around a square, outside of it."""
        far = side + 2 * line
        for dx, dy, width, height in ((0, 0, far, line), (0, far - line, far, line), (0, 0, line, far)):
            self.box(x - line + dx, y - line + dy, width, height, colour)
        self.box(x + side, y - line, line, far, colour)

    def cross(self, x: float, y: float, arm: float, line: float, colour: Colour) -> None:
        """Draw a cross around a place."""
        self.box(x - arm, y - line / 2, 2 * arm, line, colour)
        self.box(x - line / 2, y - arm, line, 2 * arm, colour)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: Colour = BLACK,
        bold: bool = False,
        align: str = "left",
        upwards: bool = False,
    ) -> None:
        """Write a line of text; what does not fit on the sheet is cut off.

        Args:
            x: of its left end, its middle or its right end.
            y: of its upper edge.
            text: one line.
            size: height of the letters.
            colour: of the letters.
            bold: heavier letters.
            align: what lies at x: "left", "center" or "right".
            upwards: the text runs upwards, and its middle is at x, y.
        """
        ink = lettering(text, size, bold)
        row, column = _scaled(y), _scaled(x) - {"left": 0, "center": ink.shape[1] // 2, "right": ink.shape[1]}[align]
        if upwards:
            ink = np.rot90(ink)
            row, column = _scaled(y) - ink.shape[0] // 2, _scaled(x) - ink.shape[1] // 2
        self._ink(row, column, ink, colour)

    def dashes(self, x: float, y: float, mask: np.ndarray, colour: Colour) -> None:
        """Draw a dashed line with a black halo around a mask of (SCALE * height, SCALE * width) bool.

        Args:
            x: of the mask's left edge.
            y: of its upper edge.
            mask: what the line goes around.
            colour: of the line.
        """
        marked = np.zeros(mask.shape, bool)
        for points in outlines(mask):
            rows, columns = np.rint(_dashed(points, on=5.5 * SCALE, off=6.5 * SCALE)).astype(int).T
            marked[rows.clip(0, mask.shape[0] - 1), columns.clip(0, mask.shape[1] - 1)] = True
        if not marked.any():
            return
        far = ndimage.distance_transform_edt(~marked)
        for width, ink in ((_HALO, BLACK), (_LINE, colour)):
            self._ink(_scaled(y), _scaled(x), np.clip(width * SCALE / 2 + 0.5 - far, 0.0, 1.0), ink)

    def pixels(self) -> np.ndarray:
        """(height, width, 3) uint8: the sheet as it is."""
        height, width = self._rgb.shape[0] // SCALE, self._rgb.shape[1] // SCALE
        mean = self._rgb.reshape(height, SCALE, width, SCALE, 3).mean(axis=(1, 3))
        return np.clip(np.rint(mean), 0, 255).astype(np.uint8)

    def save(self, path: Path) -> None:
        """Write the sheet into a PNG file, or a JPEG file where the name has another ending.

        Raises:
            OSError: the file cannot be written.
        """
        pixels = self.pixels()
        image = vtkImageData()
        image.SetDimensions(pixels.shape[1], pixels.shape[0], 1)
        # VTK counts rows from below.
        image.GetPointData().SetScalars(numpy_to_vtk(pixels[::-1].reshape(-1, 3), deep=True))
        writer: Any = vtkPNGWriter() if path.suffix.lower() == ".png" else vtkJPEGWriter()
        if path.suffix.lower() == ".png":
            writer.SetCompressionLevel(9)
        else:
            writer.SetQuality(92)
        writer.SetInputData(image)
        writer.WriteToMemoryOn()
        writer.Write()
        path.write_bytes(vtk_to_numpy(writer.GetResult()).tobytes())

    def _ink(self, row: int, column: int, cover: np.ndarray, colour: Colour) -> None:
        """Lay a colour over a part of the sheet, as far as `cover` (0 to 1) says."""
        height, width = self._rgb.shape[:2]
        cover = cover[max(0, -row) : max(0, height - row), max(0, -column) : max(0, width - column)]
        row, column = max(0, row), max(0, column)
        part = self._rgb[row : row + cover.shape[0], column : column + cover.shape[1]]
        part += cover[..., None] * (np.array(colour, np.float32) - part)


def lettering(text: str, size: float, bold: bool = False) -> np.ndarray:
    """(height, width) float32 in 0..1: how far a line covers each pixel of a sheet before it is made smaller.

    Args:
        text: one line.
        size: height of its letters in the sheet's pixels; lines of one size are equally high.
        bold: heavier letters.
    """
    style = vtkTextProperty()
    style.SetFontFamilyToArial()
    style.SetFontSize(round(size * SCALE))
    style.SetBold(bold)
    renderer = vtkTextRenderer.GetInstance()
    renderer.SetScaleToPowerOfTwo(False)
    image = vtkImageData()
    # Plain letters: a name with two dollar signs is no formula.
    if not text or not renderer.RenderString(style, text, image, [0, 0], _DPI, vtkTextRenderer.FreeType):
        return np.zeros((1, 1), np.float32)
    width, height, _depth = image.GetDimensions()
    alpha = vtk_to_numpy(image.GetPointData().GetScalars())[:, 3].reshape(height, width)
    return np.ascontiguousarray(alpha[::-1], dtype=np.float32) / 255


def outlines(mask: np.ndarray) -> Iterator[np.ndarray]:
    """The closed lines around a mask (height, width) bool, each (n, 2) float64 as row and column."""
    padded = np.pad(mask, 1).astype(np.float32)
    image = vtkImageData()
    image.SetDimensions(padded.shape[1], padded.shape[0], 1)
    image.SetOrigin(-1, -1, 0)
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(), deep=True))
    edges, lines = vtkFlyingEdges2D(), vtkStripper()
    edges.SetInputData(image)
    edges.SetValue(0, 0.5)
    lines.SetInputConnection(edges.GetOutputPort())
    lines.SetMaximumLength(padded.size)
    lines.JoinContiguousSegmentsOn()
    lines.Update()
    found = lines.GetOutput()
    if found.GetNumberOfCells() == 0:
        return
    points = vtk_to_numpy(found.GetPoints().GetData()).astype(np.float64)[:, 1::-1]
    for cell in range(found.GetNumberOfCells()):
        ids = found.GetCell(cell).GetPointIds()
        yield points[[ids.GetId(n) for n in range(ids.GetNumberOfIds())]]


def text_width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line of text is, in pixels of a sheet."""
    return lettering(text, size, bold).shape[1] / SCALE


def _dashed(points: np.ndarray, on: float, off: float) -> np.ndarray:
    """(m, 2) places half a pixel apart on a line, those of its dashes."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.arange(0.0, along[-1], 0.5)
    at = at[at % (on + off) < on]
    return np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], axis=1)


def _scaled(value: float) -> int:
    return round(value * SCALE)
