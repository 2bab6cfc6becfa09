"""What is read is never written over, by whatever name it is called."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.paths import check_paths, listed, weights_files


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.nrrd"
    path.write_bytes(b"NRRD0004\n")
    return path


def other_names(scan: Path) -> dict:
    """Names of the file that are spelt otherwise."""
    folder = scan.parent
    (folder / "sub").mkdir()
    (folder / "link.nrrd").symlink_to("scan.nrrd")
    (folder / "chain.nrrd").symlink_to(folder / "link.nrrd")
    (folder / "elsewhere").symlink_to(folder, target_is_directory=True)
    os.link(scan, folder / "hard.nrrd")
    return {
        "the same": scan, "with dots": folder / "sub" / ".." / "scan.nrrd", "link": folder / "link.nrrd",
        "link to a link": folder / "chain.nrrd", "folder behind a link": folder / "elsewhere" / "scan.nrrd",
        "hard link": folder / "hard.nrrd", "relative": Path(os.path.relpath(scan)),
    }  # fmt: skip


def test_an_output_is_no_input_by_any_name(scan: Path) -> None:
    for how, name in other_names(scan).items():
        for volume, output in ((scan, name), (name, scan)):
            with pytest.raises(InputError, match="--output .* is the same file as the volume; give another name"):
                check_paths([("the volume", volume)], [("--log", None), ("--output", output)])
        assert scan.read_bytes() == b"NRRD0004\n", how


def test_outputs_are_different_files_whether_they_exist_or_not(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.json").symlink_to("new.json")
    for first, second in (("new.json", "new.json"), ("new.json", "sub/../new.json"), ("link.json", "new.json")):
        with pytest.raises(InputError, match="--log and --profile are the same file .*; give two names"):
            check_paths([], [("--profile", tmp_path / first), ("--log", tmp_path / second)])
    check_paths([], [("--profile", tmp_path / "a.json"), ("--log", tmp_path / "b.json")])
    check_paths([], [("--profile", Path(os.devnull)), ("--log", Path(os.devnull))])
    assert sorted(os.listdir(tmp_path)) == ["link.json", "sub"]


def test_names_that_differ_in_case_are_one_file_where_the_file_system_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    one_file = (tmp_path / "A.json").exists()
    for names in (("a.json", "A.json"), ("new.json", "NEW.json")):
        outputs = [(name, tmp_path / name) for name in names]
        if one_file:
            with pytest.raises(InputError, match="are the same file"):
                check_paths([], outputs)
        else:
            check_paths([], outputs)


@pytest.mark.parametrize(
    ("header", "text", "voxels"),
    [
        ("scan.nhdr", "NRRD0004\ntype: short\ndata file: scan.raw\n\n", "scan.raw"),
        ("scan.nhdr", "NRRD0004\ntype: short\ndata file: LIST\none.raw\ntwo.raw\n", "two.raw"),
        ("scan.nhdr", "NRRD0004\ntype: short\ndata file: s%02d.raw 1 3 1\n\n", "s02.raw"),
        ("scan.mhd", "NDims = 3\nElementType = MET_SHORT\nElementDataFile = my scan.raw\n", "my scan.raw"),
        ("scan.hdr", "", "scan.img"),
    ],
)  # fmt: skip
def test_voxels_beside_a_header_are_read_too(tmp_path: Path, header: str, text: str, voxels: str) -> None:
    (tmp_path / header).write_text(text)
    (tmp_path / voxels).write_bytes(b"\0")
    with pytest.raises(InputError, match="is the same file as the volume"):
        check_paths([("the volume", tmp_path / header)], [("--log", tmp_path / voxels)])
    check_paths([("the volume", tmp_path / header)], [("--log", tmp_path / "scan.json")])


def test_weights_are_two_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the card of --weights"):
        check_paths(weights_files(tmp_path / "w.safetensors"), [("--log", tmp_path / "w.json")])
    assert weights_files(None) == []


def test_outputs_that_cannot_be_written_are_found_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("nowhere/a.json", "file/a.json"):
        with pytest.raises(OutputError, match="cannot be written"):
            check_paths([], [("--log", tmp_path / name)])
    with pytest.raises(OutputError, match="cannot be written"):
        check_paths([], [("--log", tmp_path / "file" / "new" / "a.json")], make_folders=True)
    check_paths([], [("--log", tmp_path / "new" / "folder" / "a.json")], make_folders=True)
    assert os.listdir(tmp_path) == ["file"]


def test_nothing_heavy_is_needed() -> None:
    code = "import sys, SPASegmentLib.paths; sys.exit(bool({'numpy', 'torch', 'vtk'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_folder_that_may_not_be_read_is_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / "b.npz").write_text("")
    (tmp_path / "a.npz").write_text("")
    assert listed(tmp_path, "*.npz") == [tmp_path / "a.npz", tmp_path / "b.npz"]
    assert listed(tmp_path / "gone", "*.npz") == listed(tmp_path / "a.npz", "*") == []

    def refuse(path: object = ".") -> None:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=f"{tmp_path} cannot be read"):
        listed(tmp_path, "*.npz")
