"""A training run from a configuration file to weights with a model card."""

from __future__ import annotations

import hashlib
import platform
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

import numpy as np
import torch

from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.model.card import ModelCard, read_card
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.model.weights import as_bytes, save
from SPASegmentLib.output import make_folder, whole_file
from SPASegmentLib.paths import Named, card_beside, check_paths, weights_files
from SPASegmentLib.research.training.batches import BatchSource
from SPASegmentLib.research.training.config import TrainConfig, load_config, open_sources
from SPASegmentLib.research.training.export import export, has_graphs
from SPASegmentLib.research.training.material import held_out_slices
from SPASegmentLib.research.training.objects import ObjectPool
from SPASegmentLib.research.training.processes import processes
from SPASegmentLib.research.training.recipe import checkpoint_in, only_training
from SPASegmentLib.research.training.sources import People, Structures
from SPASegmentLib.research.training.start import check_start, find_start, initial_file
from SPASegmentLib.research.training.trainer import Trainer

PREPROCESSING = (
    "A square region around the click, resampled to the network's size with averaging where it shrinks, clipped to "
    "its 0.5th and 99.5th percentile, then zero mean and unit spread (model/normalisation.py)."
)
INTENDED_USE = "Interactive segmentation of single slices by a person who checks and accepts every mask. Research use."
LIMITS = (
    "Not a medical device. Slices are treated one by one. Structures unlike those in the training data may need "
    "several rounds or fail. Masks of half the region's resolution: an object wider than 40 % of the region is "
    "outlined to about one part in 64 of the region's side."
)
#: What a card says of the computing that the weights took.
_COST = ("torch", "machine", "processes", "core_seconds", "last_run")
#: Attributions of the sets that the bundled configurations use; the card names those that were used.
LICENCES: Dict[str, str] = {
    "lidc_idri": "LIDC-IDRI, CC BY 3.0, doi 10.7937/K9/TCIA.2015.LO9QL9SX; Armato et al., Med Phys 2011;38(2):915-931; "
    "Clark et al., J Digit Imaging 2013;26:1045-1057",
    "sarcoma_mr_ct": "Soft-tissue sarcoma, CC BY 3.0, doi 10.7937/K9/TCIA.2015.7GO2GSKS; Vallieres et al., "
    "Phys Med Biol 2015;60:5471",
    "nerve_ultrasound": "Regional-anaesthesia ultrasound with nerve and vessel masks, CC BY 4.0",
}


def train(
    config_file: Path,
    data: Path,
    output: Path,
    progress: Optional[Callable[[int, int], None]] = None,
    device: str = "auto",
    sam: Optional[Path] = None,
    other_sam: bool = False,
    changes: Sequence[str] = (),
    name: str = "",
    graphs: bool = True,
) -> Optional[Path]:
    """Train, or go on where an interrupted run stopped, and write ``<name>.safetensors`` with its card.

    Args:
        config_file: YAML.
        data: folder that the configuration's paths are relative to.
        output: folder for checkpoint, log and weights.
        progress: called with (steps done, steps in all) at the start and after each step.
        device: see `processes`.
        sam: SAM's ViT-B checkpoint to start from; not read again where a run goes on.
        other_sam: that file need not be Meta's.
        changes: of the configuration, see `load_config`.
        name: of the weights; the configuration's if empty.
        graphs: for ONNX Runtime are written, too, where the network has them.

    Returns:
        The weights file; None in all but the first of several processes, which writes nothing.

    Raises:
        InputError: the configuration, the data or the name cannot be used, or the folder belongs to another training.
        WeightsError: the weights to start from cannot be used.
        OutputError: the weights cannot be written.
    """
    name = name or config_file.stem
    if Path(name).name != name:
        raise InputError(f"A name of weights is no path, as {name!r} is; the folder is --output.")
    if not name.strip() or name.startswith("."):
        raise InputError(f"Weights need a name that begins with a letter or a digit, not {name!r}.")
    config = load_config(config_file, changes)
    start, checkpoint, folder = None, checkpoint_in(output), config_file.parent
    begun = None if not config.initial else initial_file(config.initial, folder)
    path = output / f"{name}.safetensors"
    results = [path, card_beside(path), checkpoint, output / "log.csv"]
    check_paths(
        [*_inputs(config, config_file, data), ("--sam", sam), *weights_files(begun, "the initial weights")],
        [(f"the result {result.name}", result) for result in results],
        make_folders=True,
    )
    goes_on = checkpoint.exists()
    if not goes_on:
        start = find_start(config.network, config.initial, folder, sam, other_sam)
    with processes(device) as group, only_training(output) if group.first else nullcontext():
        trainer = Trainer(config.network, config.train, open_sources(config, data), output, start, group)
        if goes_on and group.first:
            check_start(checkpoint, trainer.origin, config.network, config.initial, folder, sam)
        started, first = time.perf_counter(), trainer.step
        network = trainer.run(progress=progress)
        if not group.first:
            return None
        last_run = {"steps": trainer.step - first, "seconds": round(time.perf_counter() - started)}
        finished = card(name, config, trainer, last_run, changes, data)
        save(network, _with_what_is_known(finished, network, path, trainer.step > first), path)
        if graphs and has_graphs(network):
            export(path)
        return path


def _with_what_is_known(new: ModelCard, network: SPANetwork, path: Path, trained: bool) -> ModelCard:
    """A new card with what others have found out about the same weights since they were written.

    Args:
        new: as the training knows it.
        network: its weights.
        path: where they go, and perhaps lie already.
        trained: steps were done in this run; if not, the card goes on saying what they took.
    """
    try:
        old = read_card(card_beside(path))
    except WeightsError:  # none yet, or none that says anything
        return new
    if old.sha256 != hashlib.sha256(as_bytes(network)).hexdigest():
        return new
    training = new.training if trained else {**new.training, **{k: old.training[k] for k in _COST if k in old.training}}
    kept = {name: getattr(old, name) for name in ("metrics", "calibration", "extra", "onnx")}
    return replace(new, training=training, **kept)


def write_held_out(config_file: Path, data: Path, output: Path, changes: Sequence[str] = ()) -> int:
    """Write the slices of the patients that a configuration keeps out of training, in the shared npz format.

    Of patients whom one source holds out, those of every source that holds patients out are written.

    Args:
        config_file: YAML, as for `train`.
        data: folder that the configuration's paths are relative to.
        output: an npz file with images, masks and patients, for ``spa evaluate``.
        changes: of the configuration, as for `train`.

    Returns:
        How many slices there are.

    Raises:
        InputError: the configuration or the data cannot be used, or nobody is held out.
        OutputError: the file cannot be written.
    """
    config = load_config(config_file, changes)
    if output.suffix != ".npz":
        raise InputError(f"--output must end in .npz, as {output.name} does not.")
    check_paths(_inputs(config, config_file, data), [("--output", output)], make_folders=True)
    parts = held_out_slices(config.sources, data, config.crop)
    if not parts:
        raise InputError(f"{config_file.name} holds nobody out; give a source the key hold_out_every.")
    images, masks, patients = (
        np.concatenate([getattr(part, key) for part in parts]) for key in ("images", "masks", "patients")
    )
    make_folder(output.parent)
    with whole_file(output) as partial:
        np.savez_compressed(partial, images=images, masks=masks, patients=patients)
    return len(images)


def _inputs(config: TrainConfig, config_file: Path, data: Path) -> List[Named]:
    """What is read, by name."""
    sources = [(path.name, path) for source in config.sources for path in source.inputs(data)]
    return [("the configuration", config_file), *sources]


def card(
    name: str, config: TrainConfig, trainer: Trainer, last_run: Dict[str, int], changes: Sequence[str], data: Path
) -> ModelCard:
    """The model card of a run; metrics are added by evaluation."""
    group = trainer.processes
    shares = _shares(config, trainer.source)
    pools = [material for material, _ in trainer.source.sources if isinstance(material, ObjectPool)]
    used = [*trainer.origin.get("data", ()), *(text for key, text in LICENCES.items() if key in shares)]
    used += [source.attribution for source in config.sources if source.attribution]
    used += [one.attribution() for pool in pools for one in pool.sets]
    return ModelCard(
        name=name,
        network=config.network.as_dict(),
        preprocessing=PREPROCESSING,
        training={
            **({"initial": trainer.origin} if trainer.origin else {}),
            "data": list(dict.fromkeys(used)),
            "mixture": {key: round(share / sum(shares.values()), 4) for key, share in shares.items()},
            **({"regions_that_nobody_labelled": regions} if (regions := _regions(config)) else {}),
            **({"left_out": left_out} if (left_out := _left_out(config, data)) else {}),
            "steps": config.train.steps,
            "batch": config.batch,
            "seed": config.train.seed,
            "learning_rate": config.train.learning_rate,
            **({"changes": list(changes)} if changes else {}),
            "torch": torch.__version__,
            "machine": torch.cuda.get_device_name(group.device)
            if group.device.type == "cuda"
            else f"{platform.machine()}, {torch.get_num_threads()} threads, device {group.device.type}",
            "processes": group.size,
            "core_seconds": round(trainer.core_seconds),
            "last_run": last_run,
        },
        metrics={},
        intended_use=INTENDED_USE,
        limits=LIMITS,
    )


def _shares(config: TrainConfig, batches: BatchSource) -> Dict[str, float]:
    """How much of a batch is of which data, by folder or set; not scaled to a sum of 1."""
    shares: Dict[str, float] = {}
    for source, (material, _) in zip(config.sources, batches.sources):
        # By folder, so that the same set does not appear once for each of its structures.
        key = Path(source.paths[0]).parts[0] if source.paths else source.kind
        parts = {key: 1.0}
        if isinstance(material, ObjectPool) and material.sets:
            parts = {f"{key}/{name}": share for name, share in material.shares().items()}
        for name, share in parts.items():
            shares[name] = shares.get(name, 0.0) + source.share * share
    return shares


def _regions(config: TrainConfig) -> Dict[str, float]:
    """Of sets of structures, the share of objects that are regions of the image."""
    return {one.folder: one.regions for one in config.sources if isinstance(one, Structures) and one.regions}


def _left_out(config: TrainConfig, data: Path) -> Dict[str, Dict[str, object]]:
    """Of sets of named people, the images and people that have no part in training."""
    return {Path(one.file).stem: one.left_out(data) for one in config.sources if isinstance(one, People)}
