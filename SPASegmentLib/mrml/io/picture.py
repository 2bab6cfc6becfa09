"""Reads pictures (PNG, JPEG, BMP and TIFF): photographs, what microscopes and endoscopes save, screenshots."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Tuple

import numpy as np

from SPASegmentLib.mrml.io.voxels import Image, Outlook, UnreadableError
from SPASegmentLib.translation import texts

_ = texts(__name__)

_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*")
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
#: Formats whose packing changes values a little, most of all at edges.
_LOSSY = ("JPEG", "MPO")
#: The tag that says how a picture is to be turned; above 4 its sides change places.
_ORIENTATION = 0x0112


def is_picture(start: bytes) -> bool:
    """Whether a file that begins so is one."""
    return start.startswith(_STARTS)


def is_blurred(start: bytes) -> bool:
    """Whether a picture that begins so is packed in a way that blurs edges."""
    return start.startswith(b"\xff\xd8\xff")


def read_picture(path: Path) -> Image:
    """Read a picture as an image of one slice, upright in an axial view.

    Colours whose three values are equal everywhere are grey values. What is transparent counts as if it were not. The
    size of pixels is unknown: what pictures say of it is about printing.

    Returns:
        Values (1, height, width) or (1, height, width, 3).

    Raises:
        UnreadableError: see `open_picture`.
        OSError: it cannot be read.
    """
    with open_picture(path) as (picture, _lossy):
        if picture.mode not in ("L", "F") and not picture.mode.startswith("I"):
            picture = picture.convert("L" if picture.mode in ("1", "LA", "La") else "RGB")
        values = np.asarray(picture)
    if values.ndim == 3 and (values == values[..., :1]).all():
        values = values[..., 0]
    return Image(np.ascontiguousarray(values[None]), np.diag([-1.0, -1.0, 1.0, 1.0]), False, values.ndim == 3)


def picture_outlook(path: Path) -> Outlook:
    """What the header says.

    Raises:
        UnreadableError: see `open_picture`.
        OSError: it cannot be read.
    """
    with _opened(path) as picture:
        width, height = picture.size
        return Outlook(width * height * (4 if picture.mode in ("I", "F") else 3))


@contextmanager
def open_picture(path: Path) -> Iterator[Tuple[Any, bool]]:
    """A picture of Pillow's as viewers show it (a camera may be held upside down), and whether its packing blurs edges.

    Raises:
        UnreadableError: it is damaged, not whole or too large, has several pages, or is of a rare kind. It is read as
            far as it is used: what fails within the block is told so, too.
        OSError: it cannot be read.
    """
    from PIL import ImageOps

    with _opened(path) as picture:
        pages = getattr(picture, "n_frames", 1)
        if pages > 1 and picture.format != "MPO":
            raise UnreadableError(
                _("it has {count} pages; save each as a file of its own, or all as NIfTI or NRRD.").format(count=pages)
            )
        if picture.format == "TIFF" and picture.getexif().get(_ORIENTATION, 1) > 4 and picture.tile[0][0] != "libtiff":
            # Pillow decodes these into the wrong shape.
            raise UnreadableError(_("it is a TIFF file that is stored on its side; save it as PNG."))
        yield ImageOps.exif_transpose(picture), picture.format in _LOSSY


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A picture whose header has been read."""
    from PIL import Image as Pillow

    with open(path, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is not whole is told below
        # More pixels than fit into memory may be packed into few bytes.
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        try:
            with Pillow.open(file, formats=_FORMATS) as picture:
                yield picture
        except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError):
            raise UnreadableError(
                _("it has more than {count} million pixels; save a smaller part of it.").format(
                    count=(Pillow.MAX_IMAGE_PIXELS or 0) // 10**6
                )
            ) from None
        except UnreadableError:
            raise
        except Exception:  # Pillow raises many types for a damaged file
            raise UnreadableError(_("it is damaged or not whole; copy or download it again.")) from None
