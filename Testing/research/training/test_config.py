"""The training configuration: what it accepts, and how it says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Set

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.shards import RaterSlices, load_slices
from SPASegmentLib.research.training.config import TrainConfig, load_config, open_sources
from SPASegmentLib.research.training.losses import LossWeights
from SPASegmentLib.research.training.material import held_out_slices, open_material
from SPASegmentLib.research.training.objects import ObjectPool
from SPASegmentLib.research.training.run import train, write_held_out
from SPASegmentLib.research.training.sources import Shards, Structures, Synthetic
from SPASegmentLib.research.training.widen import synthetic_slices

TRAINING = Path(__file__).parents[3] / "Resources" / "Training"
SYNTHETIC = "\nsources: [{kind: synthetic, share: 1}]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch: 8\ncolour: red" + SYNTHETIC, "there is no key 'colour'; there are network, train, batch, "),
        ("train: {unroll: {weights: {energi: 1}}}" + SYNTHETIC,
         "train: unroll: weights: there is no key 'energi'; there are recommended, best_of_n, energy"),
        ("train: {unroll: {generator: means}}" + SYNTHETIC,
         "train: unroll: generator: input should be 'none', 'gaussians', 'weights' or 'all' .it is 'means'"),
        ("train: {steps: many}" + SYNTHETIC, "train: steps: input should be a valid integer.*'many'"),
        ("train: {steps: 0}" + SYNTHETIC, "c.yaml: train: steps must be at least 1, not 0"),
        ("train: {ema: 1}" + SYNTHETIC, "ema must be at least 0 and below 1"),
        ("train: {seed: -1}" + SYNTHETIC, "seed must not be negative"),
        ("train: {seed: 9223372036854775808}" + SYNTHETIC, "train: seed must be below 2.*63"),
        ("train: {unroll: {rounds: 0}}" + SYNTHETIC, "train: unroll: rounds must be at least 1, not 0"),
        ("train: {unroll: {predictions: 3}}" + SYNTHETIC, "train: unroll: predictions must be at least 4, not 3"),
        ("train: {unroll: {candidates: 0}}" + SYNTHETIC, "train: unroll: candidates must be at least 2, not 0"),
        ("train: {unroll: {corrected: 2}}" + SYNTHETIC, "train: unroll: corrected is a share from 0 to 1, not 2"),
        ("train: {unroll: {weights: {energy: -1}}}" + SYNTHETIC, "weights: energy must not be negative, as -1.0 is"),
        ("batch: 8\nbatch: 9" + SYNTHETIC, "c.yaml has the key 'batch' twice, again in line 2; remove one of them"),
        ("sources:\n- {kind: synthetic, share: 1,\n   hold_out_every: 3, hold_out_every: 0}",
         "has the key 'hold_out_every' twice, again in line 3"),
        ("batch: 0" + SYNTHETIC, "batch: input should be greater than or equal to 1"),
        ("network: {fusion: late}" + SYNTHETIC, "c.yaml: Unknown fusion 'late'; there are"),
        ("network: 3" + SYNTHETIC, "network: names and values are needed here, not 3"),
        ("- 1", "names and values are needed here"),
        ("batch: 8", "the key 'sources' is missing"),
        ("sources: []", "sources: .*at least 1 item"),
        ("sources: [{share: 1}]", "sources, entry 1: the key 'kind' is missing; it may be shards, lidc_png, refuge"),
        ("sources: [{kind: shard, share: 1}]", "entry 1: there is no kind 'shard'; there are shards, "),
        ("sources: [{kind: shards, files: [a]}]", "sources, entry 1: the key 'share' is missing"),
        ("sources: [{kind: shards, files: [a], share: 0}]", "entry 1: share: input should be greater than 0"),
        ("sources: [{kind: shards, files: [a], share: 1, labels: [1]}]", "there is no key 'labels'; there are share"),
        ("a: [", r"c.yaml is not valid YAML: line 1: expected the node content, but found '<stream end>'\.$"),
        ("a: 1\nb: {c: 2\nd: 3", r"c.yaml is not valid YAML: line 3: expected .*\.$"),
        ("a: 2026-99-99", r"c.yaml is not valid YAML: month must be in 1..12\.$"),
    ],
)  # fmt: skip
def test_bad_configurations_are_explained(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_config(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00bad"])
def test_unreadable_configurations_are_named(tmp_path: Path, content: bytes) -> None:
    if content is not None:
        (tmp_path / "c.yaml").write_bytes(content)
    with pytest.raises(InputError, match="c.yaml cannot be read"):
        load_config(tmp_path / "c.yaml")


def test_single_values_are_changed(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("batch: 8\ntrain: {steps: 9}\nsources: [{kind: synthetic, share: 1}]")
    changes = ["train.unroll.weights.energy=0", "sources.1.share=0.5", "batch=2", "train.bfloat16=false"]
    changes.append("train.unroll.generator=none")
    config = load_config(path, changes)
    assert config.train.unroll.weights == LossWeights(energy=0.0)
    assert config.train.unroll.generator == "none"
    assert (config.batch, config.train.steps, config.train.bfloat16) == (2, 9, False)
    assert config.sources[0].share == 0.5
    assert load_config(path).batch == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.unroll.weights.energi=0", "weights: there is no key 'energi'; there are recommended, best_of_n"),
        ("train.steps=many", "train: steps: input should be a valid integer"),
        ("train.steps=0", "steps must be at least 1"),
        ("train.steps", "'train.steps' does not fit .*write it as"),
        ("=3", "'=3' does not fit"),
        ("batch=[", "does not fit"),
        ("batch.more=1", "'batch.more=1' does not fit"),
        ("sources.2.share=1", "'sources.2.share=1' does not fit"),
        ("sources.one.share=1", "'sources.one.share=1' does not fit .entries of a list are counted from 1"),
        ("sources.0.share=2", "'sources.0.share=2' does not fit .*counted from 1, and '0' is none"),
        ("sources.-1.share=2", "'sources.-1.share=2' does not fit"),
        ("sources.0=3", "'sources.0=3' does not fit .entries"),
    ],
)
def test_changes_that_do_not_fit_are_explained(tmp_path: Path, change: str, message: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("batch: 8" + SYNTHETIC)
    with pytest.raises(InputError, match=message) as caught:
        load_config(path, [change])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a/b", ".", "..", ".hidden", " "])
def test_weights_have_a_name_that_people_see(tmp_path: Path, name: str) -> None:
    (tmp_path / "c.yaml").write_text("batch: 8" + SYNTHETIC)
    with pytest.raises(InputError, match="name of weights is no path|Weights need a name"):
        train(tmp_path / "c.yaml", tmp_path, tmp_path / "out", name=name)
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]


@pytest.mark.parametrize("path", sorted(TRAINING.glob("*.yaml")), ids=lambda path: path.stem)
def test_bundled_configurations_are_valid(path: Path) -> None:
    config = load_config(path)
    assert config.network.components == 16
    assert sum(source.share for source in config.sources) > 0


BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 8))]
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB + "\nbatch: *a7", "refers to its anchors 64 times"),
        ("a: &a {x: 1}\n" + "\n".join(f"b{n}: {{<<: [*a, *a]}}" for n in range(8)), "refers to its anchors 16 times"),
        ("batch: &a [*a]", "nested too deeply|batch: "),
        ("batch: " + "[" * 1000 + "]" * 1000, "nested too deeply"),
        ("batch: [" + "x, " * 20000 + "]", "batch: input should be a valid integer"),
        ("batch: " + "9" * 6000, "not valid YAML: Exceeds the limit|batch: "),
        ("batch: 2024-13-41", "not valid YAML: month must be in 1..12"),
        ("x" * 300_000, "too large for a configuration"),
        ("batch: !!python/object/apply:os.getcwd []", "not valid YAML"),
        ("train: {learning_rate: .nan}", "nan and inf are no values"),
        ("sources: [{kind: synthetic, share: .inf}]", "nan and inf are no values"),
        ("sources: [{kind: [" + "x, " * 20000 + "], share: 1}]", "there is no kind"),
        ("? [a, b]\n: 1", "not valid YAML"),
        ("batch: \x01", "not valid YAML"),
        ("name: Gr\u00f6\u00dfe".encode("cp1252"), "save it as UTF-8"),
        ("- 1\n- 2", "names and values are needed"),
    ],
)  # fmt: skip
def test_what_nobody_would_write_ends_in_one_short_sentence(tmp_path: Path, text: Any, message: str) -> None:
    (tmp_path / "c.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message) as caught:
        load_config(tmp_path / "c.yaml")
    assert len(str(caught.value)) < 1000 and "\n" not in str(caught.value)


def test_patients_are_held_out_whole(tmp_path: Path) -> None:
    slices = synthetic_slices(12, seed=0)
    patients = np.array([f"p{i // 2}" for i in range(12)])
    np.savez(tmp_path / "a.npz", images=slices.images, masks=slices.masks, patients=patients)
    source = Shards(kind="shards", share=1, files=("a.npz",), hold_out_every=3)
    ((training, weights),) = open_material([source], tmp_path, 128)
    (held_out,) = held_out_slices([source], tmp_path, 128)
    assert isinstance(training, RaterSlices) and training.patients is not None and held_out.patients is not None
    assert sorted(set(held_out.patients)) == ["p0", "p3"]
    assert sorted(set(training.patients)) == ["p1", "p2", "p4", "p5"]
    assert len(training) == len(weights) == 8
    assert np.array_equal(held_out.images, slices.images[[0, 1, 6, 7]])


def patients_of(config: TrainConfig, data: Path) -> List[Set[str]]:
    """Whom each source of a configuration is trained on."""
    found = []
    for material, _ in open_sources(config, data).sources:
        assert isinstance(material, RaterSlices) and material.patients is not None
        found.append(set(material.patients.tolist()))
    return found


def test_nobody_who_is_held_out_of_one_source_is_trained_on_in_another(tmp_path: Path) -> None:
    """Cup and disc of the same eyes, say: each list of patients begins at another one."""
    slices = synthetic_slices(8, seed=0)
    for name, first in (("cup", 0), ("disc", 1)):
        patients = np.array([f"p{first + i}" for i in range(8)])
        np.savez(tmp_path / f"{name}.npz", images=slices.images, masks=slices.masks, patients=patients)
    entries = [f"{{kind: shards, share: 1, files: [{name}.npz], hold_out_every: 4}}" for name in ("cup", "disc")]
    (tmp_path / "c.yaml").write_text(f"sources: [{', '.join(entries)}]")
    held_out = {"p0", "p4", "p1", "p5"}
    cup, disc = patients_of(load_config(tmp_path / "c.yaml"), tmp_path)
    assert cup == {"p2", "p3", "p6", "p7"} and disc == {"p2", "p3", "p6", "p7", "p8"}
    assert write_held_out(tmp_path / "c.yaml", tmp_path, tmp_path / "h.npz") == 7
    written = load_slices([tmp_path / "h.npz"]).patients
    assert written is not None and set(written) == held_out
    changes = ["sources.2.hold_out_every=0"]
    _, disc = patients_of(load_config(tmp_path / "c.yaml", changes), tmp_path)
    assert disc == {f"p{i}" for i in range(1, 9)} - {"p4"}
    assert write_held_out(tmp_path / "c.yaml", tmp_path, tmp_path / "h.npz", changes) == 2


def test_sources_of_other_patients_keep_their_own_split(tmp_path: Path) -> None:
    slices, other = synthetic_slices(6, seed=0), synthetic_slices(6, seed=1)
    for name, one in (("a", slices), ("b", other)):
        patients = np.array([f"{name}{i}" for i in range(6)])
        np.savez(tmp_path / f"{name}.npz", images=one.images, masks=one.masks, patients=patients)
    sources = [
        Shards(kind="shards", share=1, files=("a.npz",), hold_out_every=3),
        Shards(kind="shards", share=1, files=("b.npz",)),
        Synthetic(kind="synthetic", share=1, count=3),
    ]
    together = [material for material, _ in open_material(sources, tmp_path, 128)]
    for source, material in zip(sources, together):
        ((alone, _),) = open_material([source], tmp_path, 128)
        assert alone.digest() == material.digest()
    assert [len(material) for material in together] == [4, 6, 3]


def test_a_source_that_does_not_name_its_patients_may_not_read_a_file_that_some_are_held_out_of(tmp_path: Path) -> None:
    slices = synthetic_slices(4, seed=0)
    np.savez(tmp_path / "a.npz", images=slices.images, masks=slices.masks)
    (tmp_path / "index.csv").write_text("\n".join(["file,row,patient", *(f"a,{row},p{row}" for row in range(4))]))
    held = Shards(kind="shards", share=1, files=("a.npz",), index="index.csv", hold_out_every=2)
    with pytest.raises(InputError, match="entry 2: another source holds patients of a.npz out"):
        open_material([held, Shards(kind="shards", share=1, files=("a.npz",))], tmp_path, 128)
    both = open_material([held, Shards(kind="shards", share=1, files=("a.npz",), index="index.csv")], tmp_path, 128)
    assert [len(material) for material, _ in both] == [2, 2]


def test_sets_of_structures_are_without_the_patients_of_other_sources_too(tmp_path: Path) -> None:
    slices = synthetic_slices(4, seed=0)
    patients = np.array([f"p{i}" for i in range(4)])
    np.savez(tmp_path / "a.npz", images=slices.images, masks=slices.masks, patients=patients)
    labels = (slices.masks > 0).astype(np.uint8)
    (tmp_path / "sets").mkdir()
    known = np.array(["thing"])
    np.savez(tmp_path / "sets/s.npz", images=slices.images, labels=labels, classes=known, patients=patients)
    shards = Shards(kind="shards", share=1, files=("a.npz",), hold_out_every=2)
    structures = Structures(kind="structures", share=1, folder="sets")
    pool, _ = open_material([shards, structures], tmp_path, 128)[1]
    assert isinstance(pool, ObjectPool)
    assert np.array_equal(pool.images, slices.images[[1, 3]])
    only = {"images": slices.images[:1], "labels": labels[:1], "patients": patients[:1]}
    np.savez(tmp_path / "sets/s.npz", classes=known, **only)
    with pytest.raises(InputError, match="sets: hold_out_every of the other sources leaves no patient to train on"):
        open_material([shards, structures], tmp_path, 128)


def test_the_index_says_whom_the_shards_are_of(tmp_path: Path) -> None:
    slices = synthetic_slices(4, seed=0)
    np.savez(tmp_path / "a.npz", images=slices.images, masks=slices.masks)
    lines = ["file,row,patient", *(f"a,{row},p{row % 2}" for row in (3, 2, 1, 0)), "b,0,p9"]
    (tmp_path / "index.csv").write_text("\n".join(lines))
    source = Shards(kind="shards", share=1, files=("a.npz",), index="index.csv", hold_out_every=2)
    (held_out,) = held_out_slices([source], tmp_path, 128)
    assert np.array_equal(held_out.images, slices.images[[0, 2]])
    with pytest.raises(InputError, match="must say whom"):
        open_material([Shards(kind="shards", share=1, files=("a.npz",), hold_out_every=2)], tmp_path, 128)


def test_shards_of_another_size_are_refused(tmp_path: Path) -> None:
    slices = synthetic_slices(2, seed=0, size=64)
    np.savez(tmp_path / "a.npz", images=slices.images, masks=slices.masks)
    with pytest.raises(InputError, match="crop"):
        Shards(kind="shards", share=1, files=("a.npz",)).slices(tmp_path, 128)


def test_sources_share_the_batch_and_the_size(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("crop: 64\nbatch: 3\nnetwork: {image_size: 64}\nsources: [{kind: synthetic, share: 2, count: 3}]")
    config = load_config(path)
    assert config.sources == (Synthetic(kind="synthetic", share=2, count=3),)
    batch = open_sources(config, tmp_path).draw()
    assert batch.images.shape == (3, 1, 64, 64)
