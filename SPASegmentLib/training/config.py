"""The training configuration: a YAML file in which every key is known and every value is checked."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple, Type, TypeVar

import numpy as np

from SPASegmentLib.data.shards import RaterSlices, load_slices
from SPASegmentLib.data.single_mask import nifti_slices, png_slices, with_pseudo_raters
from SPASegmentLib.errors import InputError
from SPASegmentLib.model.network import NetworkConfig
from SPASegmentLib.training.batches import BatchSource, row_weights
from SPASegmentLib.training.losses import LossWeights
from SPASegmentLib.training.trainer import TrainSettings
from SPASegmentLib.training.unroll import UnrollSettings
from SPASegmentLib.training.widen import synthetic_slices

T = TypeVar("T")


@dataclass(frozen=True)
class SourceConfig:
    """One set of training slices.

    Attributes:
        kind: "shards" (npz files of multi-rater slices), "nifti" or "png" (one mask per image), "synthetic".
        share: of the batch, relative to the other sources.
        files: npz files below the data folder (shards).
        folder: below the data folder (nifti, png).
        by_raters: sampling weight of a slice with 0, 1, 2, ... raters (shards).
        index: CSV with columns file, row and patient (shards); needed for `hold_out_every`.
        hold_out_every: every n-th patient is kept out of training, for choosing settings (shards); 0 keeps none out.
        skip_patients: folders to leave out (nifti).
        labels: mask values that are objects (png).
        count: of slices (synthetic).
        seed: of pseudo-raters and synthetic slices.
    """

    kind: str
    share: float
    files: Tuple[str, ...] = ()
    folder: str = ""
    by_raters: Tuple[float, ...] = (0.0, 0.15, 0.5, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0)
    index: str = ""
    hold_out_every: int = 0
    skip_patients: Tuple[str, ...] = ()
    labels: Tuple[int, ...] = (1,)
    count: int = 4000
    seed: int = 0


@dataclass(frozen=True)
class TrainConfig:
    """Everything a training run depends on.

    Attributes:
        network: architecture.
        train: optimisation.
        batch: images per step.
        targets: masks per image that the set of predictions should cover.
        sources: the data.
        initial: weights to start from: the name of bundled ones ("compact"), or a .safetensors file of the same
            architecture, relative to the configuration file. Empty: random weights.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    train: TrainSettings = field(default_factory=TrainSettings)
    batch: int = 32
    targets: int = 4
    sources: Tuple[SourceConfig, ...] = ()
    initial: str = ""


_NESTED: Dict[Tuple[type, str], type] = {
    (TrainConfig, "network"): NetworkConfig,
    (TrainConfig, "train"): TrainSettings,
    (TrainSettings, "unroll"): UnrollSettings,
    (UnrollSettings, "weights"): LossWeights,
}


def load_config(path: Path) -> TrainConfig:
    """Read a configuration.

    Raises:
        InputError: the file cannot be read, or a key or value does not fit; the message names it.
    """
    try:
        import yaml
    except ImportError as error:
        raise InputError("Training needs PyYAML; run pip install 'spa-segment[train]'.") from error
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{Path(path).name} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise InputError(f"{Path(path).name} is not valid YAML: {error}".splitlines()[0]) from error
    return _build(TrainConfig, content, Path(path).name)


def _build(kind: Type[T], content: Any, where: str) -> T:
    if not isinstance(content, dict):
        raise InputError(f"{where} must hold names and values.")
    assert is_dataclass(kind)
    defaults = {f.name: f for f in fields(kind)}
    unknown = sorted(set(content) - set(defaults))
    if unknown:
        raise InputError(f"{where} has the unknown key {unknown[0]!r}; there are {', '.join(defaults)}.")
    values: Dict[str, Any] = {}
    for name, value in content.items():
        nested = _NESTED.get((kind, name))
        if nested is not None:
            values[name] = _build(nested, value, f"{where}: {name}")
        elif name == "sources":
            values[name] = tuple(_build(SourceConfig, item, f"{where}: source {i + 1}") for i, item in enumerate(value))
        elif isinstance(value, list):
            values[name] = tuple(value)
        else:
            wanted = str(defaults[name].type)
            fits = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}.get(wanted)
            if fits and (not isinstance(value, fits) or (isinstance(value, bool) and wanted != "bool")):
                raise InputError(f"{where}: {name} must be of type {wanted}, not {value!r}.")
            values[name] = value
    try:
        return kind(**values)
    except TypeError as error:
        raise InputError(f"{where} is incomplete: {error}") from error


def open_sources(config: TrainConfig, data: Path) -> BatchSource:
    """Load all training slices.

    Args:
        config: which.
        data: folder that the paths in the configuration are relative to.
    """
    loaded: List[Tuple[RaterSlices, np.ndarray, float]] = []
    for source in config.sources:
        slices = _load(source, data)
        weights = row_weights(slices, source.by_raters) if source.kind == "shards" else np.ones(len(slices))
        loaded.append((slices, weights, source.share))
    if not loaded:
        raise InputError("The configuration names no data sources.")
    stride = 8 if config.network.encoder == "compact" else 16
    map_size = 4 * config.network.image_size // stride
    return BatchSource(loaded, config.batch, config.network.image_size, map_size, config.targets, config.train.seed)


def _load(source: SourceConfig, data: Path) -> RaterSlices:
    if source.kind == "shards":
        slices = load_slices([data / name for name in source.files])
        return held_in(slices, source, data) if source.hold_out_every else slices
    if source.kind == "nifti":
        return with_pseudo_raters(nifti_slices(data / source.folder, source.skip_patients), source.seed)
    if source.kind == "png":
        return with_pseudo_raters(png_slices(data / source.folder, source.labels), source.seed)
    if source.kind == "synthetic":
        return synthetic_slices(source.count, source.seed)
    raise InputError(f"Unknown kind of source {source.kind!r}; there are shards, nifti, png and synthetic.")


def patients_of(source: SourceConfig, data: Path) -> np.ndarray:
    """(n,) patient of every slice of the source's files, from its index."""
    names = [Path(name).stem for name in source.files]
    rows: Dict[str, Dict[int, str]] = {name: {} for name in names}
    with (data / source.index).open(newline="") as file:
        for line in csv.DictReader(file):
            if line["file"] in rows:
                rows[line["file"]][int(line["row"])] = line["patient"]
    return np.array([rows[name][row] for name in names for row in sorted(rows[name])])


def held_in(slices: RaterSlices, source: SourceConfig, data: Path, held_out: bool = False) -> RaterSlices:
    """The slices of the patients that are trained on, or of those held out for choosing settings."""
    patients = patients_of(source, data)
    chosen = set(sorted(set(patients.tolist()))[:: source.hold_out_every])
    mask = np.array([patient in chosen for patient in patients]) == held_out
    return RaterSlices(slices.images, slices.masks, patients).take(np.nonzero(mask)[0])
