"""Model cards and where weights lie; what is needed of either without PyTorch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Dict

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.model.expected_dice import UNCALIBRATED, ExpectedDice, curves
from SPASegmentLib.output import write_json
from SPASegmentLib.paths import card_beside
from SPASegmentLib.translation import texts

_ = texts(__name__)

CARD_FORMAT = "spa-model-card"
CARD_VERSION = 1
DEFAULT_NAME = "compact"
#: Of fields that are read on.
_KINDS = {"sha256": str, "network": dict, "calibration": dict, "onnx": dict}


@dataclass(frozen=True)
class ModelCard:
    """What is known of a weights file; stored as JSON beside it.

    Attributes:
        name: e.g. "compact".
        network: the architecture, fields of `NetworkConfig`.
        preprocessing: how an image becomes the network's input.
        training: data, licences, attributions, seed, cost.
        metrics: what was measured, with the command that measures it.
        calibration: of the expected Dice, as ``spa calibrate`` writes it, and under ``volumes`` what
            ``spa calibrate-volumes`` does; empty where neither was run.
        intended_use, limits: in words.
        sha256: of the weights file.
        onnx: of the graphs beside it, as ``spa export`` writes them: see `onnx_network`; empty where there are none.
    """

    name: str
    network: Dict[str, Any]
    preprocessing: str
    training: Dict[str, Any]
    metrics: Dict[str, Any]
    intended_use: str
    limits: str
    licence: str = "Apache-2.0"
    sha256: str = ""
    format: str = CARD_FORMAT
    version: int = CARD_VERSION
    extra: Dict[str, Any] = field(default_factory=dict)
    calibration: Dict[str, Any] = field(default_factory=dict)
    onnx: Dict[str, Any] = field(default_factory=dict)

    def expected_dice_curves(self) -> ExpectedDice:
        """What the expected Dice is calibrated with; cards of older versions know nothing of corrective clicks.

        Raises:
            WeightsError: the card holds something else there.
        """
        after_click = self.calibration.get("expected_dice", [UNCALIBRATED])
        of_extent = self.calibration.get("expected_dice_of_extent", after_click)
        corrected = self.calibration.get("expected_dice_corrected")
        return ExpectedDice(curves(after_click), curves(of_extent), curves(corrected) if corrected else ())

    def volume_numbers(self) -> Dict[str, Any]:
        """What ``spa calibrate-volumes`` has written for going through volumes; empty where it was not run.

        Raises:
            WeightsError: the card holds something else there.
        """
        numbers = self.calibration.get("volumes", {})
        if not isinstance(numbers, dict):
            raise WeightsError(_("The model card's calibration for volumes needs numbers by their names."))
        return numbers


def models_folder() -> Path:
    """Where the bundled weights lie: inside an installed library, or in a checkout's Resources/Models."""
    library = Path(__file__).resolve().parent.parent
    installed = library / "_models"
    return installed if installed.is_dir() else library.parent / "Resources" / "Models"


def bundled(name: str = DEFAULT_NAME) -> Path:
    """The bundled weights file of this name."""
    return models_folder() / f"{name}.safetensors"


def card_file(weights: Path) -> Path:
    """Where the card of a weights file lies that somebody has named.

    Raises:
        WeightsError: the path names no .safetensors file, such as a folder, or there is none.
    """
    if weights.suffix != ".safetensors":
        raise WeightsError(
            _("'{path}' names no weights; give the .safetensors file, with its card beside it.").format(path=weights)
        )
    try:
        weights.stat()
    except OSError as error:
        raise _unreadable(weights, error) from error
    return card_beside(weights)


def read_card(path: Path) -> ModelCard:
    """Read a model card.

    Raises:
        WeightsError: it is missing, no JSON, or of another format or version.
    """
    try:
        fields = json.loads(read_bytes(path))
    except ValueError as error:
        raise WeightsError(_("{name} is not a model card: {error}").format(name=path.name, error=error)) from error
    if not isinstance(fields, dict) or fields.get("format") != CARD_FORMAT:
        raise WeightsError(_("{name} is not a model card of SPA.").format(name=path.name))
    if fields.get("version") != CARD_VERSION:
        raise WeightsError(
            _("{name} has version {version!r}; this program reads {own}.").format(
                name=path.name, version=fields.get("version"), own=CARD_VERSION
            )
        )
    try:
        for key, kind in _KINDS.items():
            if not isinstance(fields.get(key, kind()), kind):
                raise TypeError(f"{key} is no {kind.__name__}")
        return ModelCard(**fields)
    except TypeError as error:
        raise WeightsError(
            _("{name} is not a complete model card: {error}").format(name=path.name, error=error)
        ) from error


def write_card(card: ModelCard, path: Path) -> None:
    """Write a model card, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    write_json(asdict(card), path)


def checked_bytes(path: Path, stated: str) -> bytes:
    """A file's content, if it has the SHA-256 that its card states.

    Raises:
        WeightsError: it cannot be read, or has another checksum.
    """
    data = read_bytes(path)
    found = hashlib.sha256(data).hexdigest()
    if found != stated:
        raise WeightsError(
            _(
                "{name} does not have the checksum that its card states (SHA-256 {found}... instead of "
                "{stated}...); it is damaged or belongs to another card. Copy both files again."
            ).format(name=path.name, found=found[:12], stated=stated[:12])
        )
    return data


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces.

    Raises:
        WeightsError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                digest.update(piece)
    except OSError as error:
        raise WeightsError(
            _("{name} cannot be read: {reason}.").format(name=Path(path).name, reason=error.strerror)
        ) from error
    return digest.hexdigest()


def read_bytes(path: Path) -> bytes:
    """A file's content.

    Raises:
        WeightsError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> WeightsError:
    return WeightsError(
        _("{name} cannot be read in {folder}: {reason}.").format(
            name=path.name, folder=path.parent, reason=error.strerror
        )
    )
