"""The kinds of training data that a configuration can name: each is an adapter of `data` with its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Collection, Dict, FrozenSet, List, Literal, Optional, Sequence, Tuple, Union

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import listed
from SPASegmentLib.research.data.folds import FOLDS, digest, folds
from SPASegmentLib.research.data.index import read_index
from SPASegmentLib.research.data.lidc_png import lidc_png_images
from SPASegmentLib.research.data.manifest import manifest_images, read_manifest
from SPASegmentLib.research.data.qubiq import qubiq_images
from SPASegmentLib.research.data.rated import of_patients, patients_kept_out, rated_slices
from SPASegmentLib.research.data.refuge import refuge_images
from SPASegmentLib.research.data.shards import RaterSlices, load_each, load_slices
from SPASegmentLib.research.data.single_mask import nifti_slices, png_slices
from SPASegmentLib.research.data.split import kept_for_testing
from SPASegmentLib.research.data.structures import StructureSet, open_structures
from SPASegmentLib.research.training.batches import Material, row_weights
from SPASegmentLib.research.training.objects import pool_of
from SPASegmentLib.research.training.scenes import scenes
from SPASegmentLib.research.training.widen import synthetic_slices, with_pseudo_raters

Share = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
#: What a source has read: slices, or sets of structures.
Loaded = Union[RaterSlices, List[StructureSet]]


class Source(BaseModel):
    """One set of training slices.

    Attributes:
        share: of the batch, relative to the other sources.
        hold_out_every: every n-th patient is kept out of training, for choosing settings; 0 keeps none out. Patients
            of the same name are kept out of the other sources, too.
        attribution: licence and citation of the data, for the model card.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: Share
    hold_out_every: Annotated[int, Field(ge=0)] = 0
    attribution: str = ""

    @property
    def paths(self) -> Tuple[str, ...]:
        """What is read, below the data folder."""
        single = tuple(str(getattr(self, key)) for key in ("folder", "file") if hasattr(self, key))
        return single + tuple(getattr(self, "files", ()))

    def inputs(self, data: Path) -> List[Path]:
        """All files that are read, and perhaps some beside them."""
        found: List[Path] = []
        for path in (data / name for name in self.paths):
            found += [file for file in listed(path, "**/*") if file.is_file()] if path.is_dir() else [path]
        return found

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """All slices, `crop` pixels wide, without regard to patients that are held out.

        Args:
            data: folder that paths are relative to.
            crop: side of the slices in pixels.
        """
        raise NotImplementedError

    def load(self, data: Path, crop: int) -> Loaded:
        """All that the source has, as it is before patients are held out; see `slices`."""
        return self.slices(data, crop)

    def kept_out(self, loaded: Loaded) -> FrozenSet[str]:
        """The patients that this source holds out; no source of the configuration is trained on them.

        Raises:
            InputError: the data do not say whom they are of, or nobody would be left to train on.
        """
        assert isinstance(loaded, RaterSlices)
        return patients_kept_out(loaded, self.hold_out_every)

    def training(self, loaded: Loaded, kept_out: Collection[str]) -> Tuple[Material, np.ndarray]:
        """The slices that are trained on, and (n,) how often each is drawn, relative to the others.

        Args:
            loaded: by `load`.
            kept_out: patients that any source of the configuration holds out.

        Raises:
            InputError: nothing is left to train on.
        """
        assert isinstance(loaded, RaterSlices)
        slices = of_patients(loaded, kept_out, others=True)
        return slices, self.weights(slices)

    def weights(self, slices: RaterSlices) -> np.ndarray:
        """(n,) how often each slice is drawn."""
        return np.ones(len(slices))


class MultiRater(Source):
    """Slices with the masks of several raters.

    Attributes:
        by_raters: how often a slice with 0, 1, 2, ... raters is drawn: agreement cannot be learned from one rater.
    """

    by_raters: Tuple[Annotated[float, Field(ge=0)], ...] = (0.0, 0.15, 0.5, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0)

    def weights(self, slices: RaterSlices) -> np.ndarray:
        """(n,) by the number of raters.

        Raises:
            InputError: some numbers of raters have no weight, or no slice has any.
        """
        if slices.rater_counts().max() >= len(self.by_raters):
            raise InputError(f"by_raters needs {slices.rater_counts().max() + 1} numbers: for 0, 1, 2, ... raters.")
        weights = row_weights(slices, self.by_raters)
        if not weights.any():
            raise InputError("by_raters gives no slice a chance; raise the numbers for few raters.")
        return weights


class Shards(MultiRater):
    """The shared npz format (`data.shards`).

    Attributes:
        files: below the data folder.
        index: CSV with the columns file, row and patient; needed for `hold_out_every` where the files have no patients.
        split: leaves out what ``spa evaluate lidc --split`` measures (`data.split`): a fifth of the slices, or of the
            patients.
    """

    kind: Literal["shards"]
    files: Annotated[Tuple[str, ...], Field(min_length=1)]
    index: str = ""
    split: Optional[Literal["slices", "patients"]] = None

    def inputs(self, data: Path) -> List[Path]:
        """See `Source`."""
        return [*super().inputs(data), *([data / self.index] if self.index else [])]

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """See `Source`."""
        paths = [data / name for name in self.files]
        slices = load_slices(paths)
        if slices.images.shape[1:] != (crop, crop):
            raise InputError(
                f"{self.files[0]} holds slices of {slices.images.shape[1:]} pixels, and the configuration asks for "
                f"crop: {crop}; set crop to what the files hold."
            )
        if not (self.index or self.split):
            return slices
        parts, index = load_each(paths), read_index(data / self.index) if self.index else None
        patients = [index.patients(path, len(part)) if index else part.patients for path, part in zip(paths, parts)]
        if index is not None:
            together = np.concatenate([each for each in patients if each is not None])
            slices = RaterSlices(slices.images, slices.masks, together)
        if self.split is None:
            return slices
        kept = [kept_for_testing(self.split, path, len(part), of) for path, part, of in zip(paths, parts, patients)]
        return slices.take(~np.concatenate(kept))


class LidcPng(MultiRater):
    """LIDC-IDRI as PNG slices (`data.lidc_png`).

    Attributes:
        folder: below the data folder.
    """

    kind: Literal["lidc_png"]
    folder: str

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """See `Source`."""
        return rated_slices(lidc_png_images(data / self.folder), crop)


class Refuge(MultiRater):
    """REFUGE2 with seven raters (`data.refuge`).

    Attributes:
        folder: below the data folder, such as REFUGE-Multirater/Training-400.
        structure: cup or disc.
    """

    kind: Literal["refuge"]
    folder: str
    structure: Literal["cup", "disc"] = "cup"

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """See `Source`."""
        return rated_slices(refuge_images(data / self.folder, self.structure), crop)


class Qubiq(MultiRater):
    """A data set of QUBIQ (`data.qubiq`).

    Attributes:
        folder: below the data folder, such as training_data/kidney/Training.
        task: number of the structure.
        channel: of images with several.
    """

    kind: Literal["qubiq"]
    folder: str
    task: Count = 1
    channel: Annotated[int, Field(ge=0)] = 0

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """See `Source`."""
        return rated_slices(qubiq_images(data / self.folder, self.task, self.channel), crop)


class Manifest(MultiRater):
    """One's own data by a CSV file (`data.manifest`).

    Attributes:
        file: below the data folder.
        label: value of the structure in the masks; by default everything that is not zero.
        axis: of volumes, along which slices are cut.
        pieces: each connected piece is an object of its own.
    """

    kind: Literal["manifest"]
    file: str
    label: Optional[int] = None
    axis: Annotated[int, Field(ge=0, le=2)] = 2
    pieces: bool = False

    def inputs(self, data: Path) -> List[Path]:
        """See `Source`."""
        file = data / self.file
        names = [name for (image, _), masks in read_manifest(file).items() for name in (image, *masks.values())]
        return [file, *(file.parent / name for name in names)]

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """See `Source`."""
        return rated_slices(manifest_images(data / self.file, self.label, self.axis), crop, self.pieces)


class Nifti(Source):
    """Volumes with one mask each, which pseudo-raters vary (`data.single_mask.nifti_slices`).

    Attributes:
        folder: below the data folder.
        skip_patients: folders to leave out.
        seed: of the pseudo-raters.
    """

    kind: Literal["nifti"]
    folder: str
    skip_patients: Tuple[str, ...] = ()
    seed: int = 0

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """See `Source`."""
        return with_pseudo_raters(nifti_slices(data / self.folder, self.skip_patients), self.seed, crop)


class Png(Source):
    """Pictures with one mask each, which pseudo-raters vary (`data.single_mask.png_slices`).

    Attributes:
        folder: below the data folder.
        labels: mask values that are objects.
        seed: of the pseudo-raters.
    """

    kind: Literal["png"]
    folder: str
    labels: Tuple[int, ...] = (1,)
    seed: int = 0

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """See `Source`."""
        return with_pseudo_raters(png_slices(data / self.folder, self.labels), self.seed, crop)


class Synthetic(Source):
    """Random scenes (`training.widen`).

    Attributes:
        count: of slices.
        seed: of scenes and pseudo-raters.
    """

    kind: Literal["synthetic"]
    count: Count = 4000
    seed: int = 0

    def slices(self, data: Path, crop: int) -> RaterSlices:
        """See `Source`."""
        return synthetic_slices(self.count, self.seed, crop)


class Scenes(Source):
    """Whole synthetic images with plain objects of any size (`training.scenes`).

    Attributes:
        count: of images.
        seed: of images and pseudo-raters.
    """

    kind: Literal["scenes"]
    count: Count = 1500
    seed: int = 0

    def load(self, data: Path, crop: int) -> Loaded:
        """Nothing: scenes are made, not read."""
        if self.hold_out_every:
            raise InputError("Scenes are of no patients whom hold_out_every could keep out of training; leave it out.")
        return []

    def kept_out(self, loaded: Loaded) -> FrozenSet[str]:
        """Nobody."""
        return frozenset()

    def training(self, loaded: Loaded, kept_out: Collection[str]) -> Tuple[Material, np.ndarray]:
        """The objects of all scenes."""
        pool = scenes(self.count, self.seed)
        return pool, pool.weights()


class Structures(Source):
    """A folder of npz files with structures of many kinds (`data.structures`), a set each.

    A set counts by the square root of its images, so that none drowns; an image counts as much as another of its set.

    Attributes:
        folder: below the data folder.
        leave_out: sets that are kept for choosing settings and calibration, by the names of their files.
        favour: factor on how often sets are drawn, by name; 1 for those that are not named.
        regions: share of regions that nobody labelled (`training.hierarchy`), on the same images.
        seed: of the pseudo-raters.
    """

    kind: Literal["structures"]
    folder: str
    leave_out: Tuple[str, ...] = ()
    favour: Dict[str, Annotated[float, Field(ge=0)]] = {}
    regions: Annotated[float, Field(ge=0, lt=1)] = 0.0
    seed: int = 0

    def load(self, data: Path, crop: int) -> Loaded:
        """The sets that are trained on, at full size whatever the crop."""
        if self.hold_out_every:
            raise InputError("A source of structures holds out whole sets; name them in leave_out.")
        return self.sets(data)

    def kept_out(self, loaded: Loaded) -> FrozenSet[str]:
        """Nobody: whole sets are left out."""
        return frozenset()

    def training(self, loaded: Loaded, kept_out: Collection[str]) -> Tuple[Material, np.ndarray]:
        """All objects of all sets, less those of patients whom another source holds out."""
        assert not isinstance(loaded, RaterSlices)
        pool = pool_of(_without_patients(loaded, kept_out, self.folder), self.favour, self.regions, self.seed)
        return pool, pool.weights()

    def sets(self, data: Path, left_out: bool = False) -> List[StructureSet]:
        """The sets that are trained on, or those that are left out.

        Raises:
            InputError: the folder has no files, a name is of none of them, or a file cannot be read.
        """
        files = {path.stem: path for path in listed(data / self.folder, "*.npz")}
        unknown = [name for name in (*self.leave_out, *self.favour) if name not in files]
        if not files or unknown:
            raise InputError(
                f"{self.folder} holds no {(unknown or ['*'])[0]}.npz; there are {', '.join(files) or 'no npz files'}."
            )
        return [open_structures(path) for name, path in files.items() if (name in self.leave_out) == left_out]


class People(Source):
    """A set in which every mask has its person, less what the weights are to be measured on (`data.folds`).

    Attributes:
        file: below the data folder, as for `Structures`.
        fold: images that are left out; None for none.
        without: people whose masks are left out.
    """

    kind: Literal["people"]
    file: str
    fold: Optional[Annotated[int, Field(ge=0, lt=FOLDS)]] = None
    without: Tuple[str, ...] = ()

    def load(self, data: Path, crop: int) -> Loaded:
        """The other images, as the other people drew them.

        Raises:
            InputError: the file cannot be read, or somebody is not in it.
        """
        if self.hold_out_every:
            raise InputError("A source of people leaves out a fold of the images and people: give fold and without.")
        found = open_structures(data / self.file).without(self.without)
        rows = np.arange(len(found)) if self.fold is None else np.flatnonzero(folds(found.patients) != self.fold)
        return [found.taken(list(rows))]

    def kept_out(self, loaded: Loaded) -> FrozenSet[str]:
        """Nobody: a fold of the images is left out."""
        return frozenset()

    def training(self, loaded: Loaded, kept_out: Collection[str]) -> Tuple[Material, np.ndarray]:
        """The objects of the other images, as the other people drew them.

        Raises:
            InputError: nothing is left.
        """
        assert not isinstance(loaded, RaterSlices)
        pool = pool_of(_without_patients(loaded, kept_out, self.file), {}, 0.0, 0)
        if not len(pool):
            without = ", ".join(self.without) or "nobody"
            raise InputError(f"{self.file}: nothing is left to train on without fold {self.fold} and {without}.")
        return pool, pool.weights()

    def left_out(self, data: Path) -> Dict[str, Any]:
        """For the model card."""
        found = open_structures(data / self.file)
        images = digest(found.patients, found.images)
        return {"fold": self.fold, "of": FOLDS, "people": list(self.without), "images": images}


def _without_patients(sets: Sequence[StructureSet], names: Collection[str], where: str) -> List[StructureSet]:
    """The sets without the images of some patients; a set that has only those is left out.

    Raises:
        InputError: nothing is left.
    """
    left = []
    for one in sets:
        rows = np.flatnonzero(~np.isin(one.patients, list(names)))
        if len(rows):
            left.append(one if len(rows) == len(one) else one.taken(rows.tolist()))
    if any(len(one) for one in sets) and not left:
        raise InputError(f"{where}: hold_out_every of the other sources leaves no patient to train on.")
    return left


KINDS: List[Any] = [Shards, LidcPng, Refuge, Qubiq, Manifest, Nifti, Png, Structures, People, Synthetic, Scenes]
AnySource = Annotated[
    Union[Shards, LidcPng, Refuge, Qubiq, Manifest, Nifti, Png, Structures, People, Synthetic, Scenes],
    Field(discriminator="kind"),
]
