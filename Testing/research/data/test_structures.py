"""Files of many kinds of structures: what is read, and how what is wrong is said."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.structures import open_structures


def arrays(**changes: Any) -> Dict[str, Any]:
    """Two images of 6 x 8 pixels, the second one padded by a row and two columns; None leaves an array out."""
    labels = np.zeros((2, 6, 8), np.uint8)
    labels[:, 1:3, 1:4], labels[:, 3:5, 3:6] = 1, 2
    made = {
        "images": np.arange(96, dtype=np.uint8).reshape(2, 6, 8),
        "labels": labels,
        "classes": np.array(["liver", "spleen"]),
        "content": np.array([[0, 6, 0, 8], [1, 6, 0, 6]], np.int16),
        "spacing": np.array([[2.0, 0.5], [np.nan, np.nan]], np.float32),
        "patients": np.array(["a", "b"]),
        "licence": np.array("CC0"),
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def written(folder: Path, **changes: Any) -> Path:
    np.savez(folder / "organs.npz", **arrays(**changes))
    return folder / "organs.npz"


def test_images_and_labels_are_cut_to_their_content(tmp_path: Path) -> None:
    found = open_structures(written(tmp_path))
    assert (found.name, found.names, found.by_instance) == ("organs", ("liver", "spleen"), False)
    assert [image.shape for image in found.images] == [(6, 8), (5, 6)]
    assert np.array_equal(found.images[1], arrays()["images"][1, 1:6, 0:6])
    classes = found.classes(1)
    assert sorted(classes) == [1, 2]
    assert np.argwhere(classes[1]).min(0).tolist() == [0, 1], "rows are counted from the content's first"
    assert found.spacing == [(0.5, 2.0), None], "x before y; NaN is unknown"
    assert found.facts == {"licence": "CC0"}


def test_people_who_drew_nothing_are_left_out(tmp_path: Path) -> None:
    masks = np.zeros((2, 6, 8), np.uint8)
    masks[0, 2:4, 2:4] = 0b101
    path = written(tmp_path, labels=None, classes=None, masks=masks, raters=np.array(["ann", "ben", "cleo"]))
    found = open_structures(path)
    assert (found.people(0).shape, found.people(0).sum()) == ((2, 6, 8), 8)
    assert found.people(1).shape == (0, 5, 6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": None}, "organs.npz is no file of structures: it needs the arrays 'images'"),
        ({"labels": None}, "is no file of structures"),
        ({"images": np.zeros((2, 6, 8))}, "must be .n, h, w. in 8 bits"),
        ({"images": np.zeros((0, 6, 8), np.uint8)}, "must be .n, h, w. in 8 bits"),
        ({"labels": np.zeros((2, 6, 7), np.uint8)}, "labels .2, 6, 7. in uint8 must be .* of the size of the images"),
        ({"labels": np.zeros((2, 6, 8))}, "must be whole numbers"),
        ({"classes": None}, "the labels have no classes"),
        ({"classes": np.array([], str)}, "the labels have no classes"),
        ({"classes": np.array(["liver"])}, "a label is 2, but there are 1 classes"),
        ({"content": np.array([[0, 6, 0, 8]])}, "content has the size .1, 4. and must have .2, 4."),
        ({"content": np.array([[0, 6, 0, 8], [0, 6, 0, 9]])}, "the content .0, 6, 0, 9. lies outside the images"),
        ({"patients": np.array(["a"])}, "patients has the size"),
        ({"patients": np.array([0.5, 1.5])}, "'patients' must have one name for each of the 2 slices"),
        ({"patients": np.array(["a", None], object)}, "organs.npz cannot be read as an npz file"),
        ({"labels": -np.ones((2, 6, 8), np.int8)}, "labels must be from 0 up, and one is -1"),
        ({"labels": None, "masks": -np.ones((2, 6, 8), np.int8), "raters": np.array(["ann"])},
         "masks must be from 0 up, and one is -1"),
        ({"spacing": np.array([["1", "1"]] * 2)}, "'spacing' must hold numbers, not <U1"),
        ({"spacing": np.ones((2, 2), bool)}, "'spacing' must hold numbers, not bool"),
        ({"spacing": np.array([[1, None]] * 2, object)}, "organs.npz cannot be read as an npz file"),
        ({"content": np.array([[0, 6, 0, 8], [0, np.nan, 0, 8]])}, "'content' must hold whole numbers"),
        ({"content": np.array([[0, 6, 0, 8], [0, 5.5, 0, 8]])}, "'content' must hold whole numbers"),
        ({"content": np.array([[0, 6, 0, 8], [0, np.inf, 0, 8]])}, "'content' must hold whole numbers"),
        ({"content": np.array([["0", "6", "0", "8"]] * 2)}, "'content' must hold numbers, not <U1"),
        ({"labels": None, "masks": np.full((2, 6, 8), 4, np.uint8), "raters": np.array(["ann", "ben"])},
         "the masks have bits beyond the 2 raters"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_a_sentence(tmp_path: Path, changes: Dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        open_structures(written(tmp_path, **changes))
    assert "\n" not in str(caught.value) and "pickle" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_damaged_files_are_named(tmp_path: Path, content: bytes) -> None:
    if content is not None:
        (tmp_path / "organs.npz").write_bytes(content)
    with pytest.raises(InputError, match="organs.npz cannot be read as an npz file") as caught:
        open_structures(tmp_path / "organs.npz")
    assert "pickle" not in str(caught.value), "NumPy's own words advise to run what is in it"


def test_another_kind_of_file_is_no_set(tmp_path: Path) -> None:
    np.save(tmp_path / "organs.npz", np.zeros(3))
    (tmp_path / "organs.npz.npy").rename(tmp_path / "organs.npz")
    with pytest.raises(InputError, match="organs.npz"):
        open_structures(tmp_path / "organs.npz")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_byte_gone_wrong_is_noticed(tmp_path: Path, compression: int) -> None:
    path = tmp_path / "organs.npz"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for key, value in arrays().items():
            with archive.open(f"{key}.npy", "w") as stream:
                np.lib.format.write_array(stream, np.asarray(value))
    content = bytearray(path.read_bytes())
    assert len(open_structures(path)) == 2
    middle = content.find(b"labels.npy") + 30
    content[middle : middle + 20] = bytes(20)
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="organs.npz"):
        open_structures(path)


def test_whole_numbers_of_any_type_say_what_is_content(tmp_path: Path) -> None:
    content = np.array([[0, 6, 0, 8], [1, 6, 0, 6]], np.float32)
    found = open_structures(written(tmp_path, content=content, patients=np.array(["a", "b"], "S1")))
    assert [image.shape for image in found.images] == [(6, 8), (5, 6)] and list(found.patients) == ["a", "b"]


def test_an_instance_may_have_any_number(tmp_path: Path) -> None:
    found = open_structures(written(tmp_path, classes=np.array(["instance"])))
    assert found.by_instance and sorted(found.classes(0)) == [1, 2]
