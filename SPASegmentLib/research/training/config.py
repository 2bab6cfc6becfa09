"""The training configuration: a YAML file in which every key is known and every value is checked."""

from __future__ import annotations

import dataclasses
import math
import re
import reprlib
import typing
from pathlib import Path
from typing import Annotated, Any, Iterable, List, Sequence, Tuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from SPASegmentLib.errors import InputError, SPAError
from SPASegmentLib.model.encoders import ENCODERS
from SPASegmentLib.model.network import NetworkConfig
from SPASegmentLib.research.data.images import needed
from SPASegmentLib.research.training.augment import Augmentation, AugmentSettings
from SPASegmentLib.research.training.batches import BatchSource
from SPASegmentLib.research.training.deform import DeformSettings
from SPASegmentLib.research.training.material import open_material
from SPASegmentLib.research.training.sources import KINDS, AnySource
from SPASegmentLib.research.training.trainer import TrainSettings
from SPASegmentLib.research.training.yaml_file import read_yaml


class TrainConfig(BaseModel):
    """Everything a training run depends on.

    Attributes:
        network: architecture.
        train: optimisation.
        batch: images per step (and process).
        targets: masks per image that the set of predictions should cover.
        crop: side in pixels of the slices that are kept in memory, from which regions are drawn; 128 as in the shared
            format, more for networks with larger images.
        augment: optional changes of intensity; none by default.
        deform: how far images and masks are stretched and bent; not at all by default.
        boxes: of the images that start from a mask, the share that start from a box, as the ellipse in it.
        sources: the data.
        initial: weights to start from: the name of bundled ones ("compact"), or a .safetensors file of the same
            architecture, relative to the configuration file. Empty: random weights.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: NetworkConfig = NetworkConfig()
    train: TrainSettings = TrainSettings()
    batch: Annotated[int, Field(ge=1)] = 32
    targets: Annotated[int, Field(ge=1)] = 4
    crop: Annotated[int, Field(ge=32)] = 128
    augment: AugmentSettings = AugmentSettings()
    deform: DeformSettings = DeformSettings()
    boxes: Annotated[float, Field(ge=0, le=1)] = 0.0
    sources: Annotated[Tuple[AnySource, ...], Field(min_length=1)]
    initial: str = ""


def load_config(path: Path, changes: Sequence[str] = ()) -> TrainConfig:
    """Read a configuration.

    Args:
        path: YAML.
        changes: of single values, such as ``train.unroll.weights.energy=0``; checked as the file's own are.

    Raises:
        InputError: the file cannot be read, or a key or value does not fit; the message names it.
    """
    name = Path(path).name
    content = read_yaml(Path(path))
    for change in changes:
        _apply(change, content)
    try:
        finite = _finite(content)
    except RecursionError as error:
        raise InputError(f"{name} is nested too deeply.") from error
    if not finite:
        raise InputError(f"{name}: nan and inf are no values that anything can be trained with.")
    try:
        return TrainConfig.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{name}: {_explain(error)}") from error
    except SPAError as error:
        raise InputError(f"{name}: {error}") from error


def open_sources(config: TrainConfig, data: Path) -> BatchSource:
    """Load all training slices.

    Args:
        config: which.
        data: folder that the paths in the configuration are relative to.

    Raises:
        InputError: a source cannot be read, or has nothing to train on.
    """
    material = open_material(config.sources, data, config.crop)
    loaded = [(*found, source.share) for found, source in zip(material, config.sources)]
    stride = ENCODERS[config.network.encoder].stride
    map_size = 4 * config.network.image_size // stride
    augment = Augmentation.of(config.augment)
    return BatchSource(
        loaded,
        config.batch,
        config.network.image_size,
        map_size,
        config.targets,
        config.train.seed,
        augment,
        config.boxes,
        config.deform,
    )


def _apply(change: str, content: Any) -> None:
    """Put one value into a configuration; entries of a list are counted from 1."""
    yaml = needed("yaml")
    key, equals, text = change.partition("=")
    *way, last = key.strip().split(".")
    try:
        value = yaml.safe_load(text)
        if not (equals and last):
            raise ValueError("a key and a value are needed")
        for part in way:
            content = content[_place(part)] if isinstance(content, list) else content.setdefault(part, {})
        content[_place(last) if isinstance(content, list) else last] = value
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"The change {change!r} does not fit ({str(error).splitlines()[0]}); write it as "
            "train.unroll.weights.energy=0 or sources.1.share=0.5."
        ) from error


def _place(number: str) -> int:
    """Index of a list's entry, which are counted from 1; 0 would be the last one.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", number):
        raise ValueError(f"entries of a list are counted from 1, and {number!r} is none")
    return int(number) - 1


def _finite(content: Any) -> bool:
    """Whether no number in it is nan or infinite."""
    if isinstance(content, dict):
        return all(_finite(value) for value in content.values())
    if isinstance(content, list):
        return all(_finite(value) for value in content)
    return not isinstance(content, float) or math.isfinite(content)


def _explain(error: ValidationError) -> str:
    """The first fault, where it is, and what is possible there."""
    fault = error.errors()[0]
    place, kind = list(fault["loc"]), fault["type"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        unknown = place.pop()
        return f"{_where(place)}there is no key {reprlib.repr(unknown)}; there are {', '.join(_keys(place))}."
    if kind in ("missing", "missing_argument"):
        absent = place.pop()
        return f"{_where(place)}the key {absent!r} is missing."
    if kind == "union_tag_not_found":
        return f"{_where(place)}the key 'kind' is missing; it may be {', '.join(_kinds())}."
    if kind == "union_tag_invalid":
        return f"{_where(place)}there is no kind {reprlib.repr(fault['ctx']['tag'])}; there are {', '.join(_kinds())}."
    if kind in ("model_type", "dataclass_type", "model_attributes_type"):
        return f"{_where(place)}names and values are needed here, not {reprlib.repr(fault['input'])}."
    text = fault["msg"].replace("tuple", "list")
    return f"{_where(place)}{text[0].lower()}{text[1:]} (it is {reprlib.repr(fault['input'])})."


def _where(place: Iterable[Any]) -> str:
    """A place in the file in words, such as ``sources, entry 2: labels: ``."""
    words = ""
    for part in place:
        if isinstance(part, int):
            words = f"{words.removesuffix(': ')}, entry {part + 1}: "
        elif part not in _kinds():
            words += f"{part}: "
    return words


def _kinds() -> List[str]:
    return [typing.get_args(kind.model_fields["kind"].annotation)[0] for kind in KINDS]


def _keys(place: List[Any]) -> List[str]:
    """The keys that exist at a place."""
    found: Any = TrainConfig
    for part in place:
        if part in _kinds():
            found = KINDS[_kinds().index(part)]
        elif isinstance(part, str) and part != "sources":
            found = typing.get_type_hints(found)[part]
    return [f.name for f in dataclasses.fields(found)] if dataclasses.is_dataclass(found) else list(found.model_fields)
