"""Whatever is wrong ends with one clear sentence and exit code 2, and nothing is written."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, List

import numpy as np
import pytest
import typer

from SPASegmentLib.commands.interruption import interruption_at_the_end
from SPASegmentLib.commands.plain import plain_errors

SPACING = np.diag([1.0, 1.0, 1.0, 1.0])


def assert_refused(done: Any, folder: Path, *words: str) -> None:
    assert done.code == 2
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("Error: ")
    assert lines[0].endswith(".")
    for word in words:
        assert word in lines[0]
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith((".spa", "lesion"))) == []


@pytest.fixture
def segment(spa: Callable, files: Any, tmp_path: Path) -> Callable:
    """Runs `spa segment` on the phantom, with some arguments replaced or added."""

    def run(volume: Any = None, **options: Any) -> Any:
        given = {"click": files.click, "choices": "accept", "output": tmp_path / "lesion.seg.nrrd", **options}
        arguments: List[object] = [files.volume if volume is None else volume]
        for name, value in given.items():
            arguments += [] if value is None else [f"--{name}", value]
        return spa("segment", *arguments)

    return run


def blob(shape: Any, dtype: Any = np.int16) -> np.ndarray:
    """A bright ball on noise."""
    middle = [(n - 1) / 2 for n in shape]
    distance = np.sqrt(sum((axis - m) ** 2 for axis, m in zip(np.ogrid[tuple(map(slice, shape))], middle)))
    noise = np.random.default_rng(0).normal(0, 10, shape)
    return (noise + 200 * (distance < 12)).astype(dtype)


def test_a_click_outside_the_volume(segment: Callable, tmp_path: Path) -> None:
    assert_refused(segment(click="5000,0,0"), tmp_path, "outside the volume")


def test_a_click_on_air(segment: Callable, files: Any, tmp_path: Path) -> None:
    r, a, s = (files.phantom.ijk_to_ras @ [93, 109, 12, 1])[:3]
    assert_refused(segment(click=f"{r},{a},{s}"), tmp_path, "background")


@pytest.mark.parametrize("text", ["1,2", "a,b,c", "nan,0,0", "1,2,3,4", ""])
def test_a_click_that_is_no_point(segment: Callable, tmp_path: Path, text: str) -> None:
    assert_refused(segment(click=text), tmp_path, "--click")


@pytest.mark.parametrize("value", [0, 7])
def test_a_constant_image(segment: Callable, write_volume: Callable, tmp_path: Path, value: int) -> None:
    volume = write_volume(tmp_path / "scan.nrrd", np.full((5, 20, 20), value, np.int16), SPACING)
    assert_refused(segment(volume, click="10,10,2"), tmp_path, "same value")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_numbers(segment: Callable, write_volume: Callable, tmp_path: Path, value: float) -> None:
    voxels = blob((5, 40, 40), np.float32)
    voxels[3, 4, 5] = value
    volume = write_volume(tmp_path / "scan.nrrd", voxels, SPACING)
    assert_refused(segment(volume, click="20,20,2"), tmp_path, "NaN or infinite")


def test_a_label_map_as_volume(segment: Callable, files: Any, tmp_path: Path) -> None:
    assert_refused(segment(files.reference), tmp_path, "label map")


def test_one_slice_works(segment: Callable, write_volume: Callable, read_mask: Callable, tmp_path: Path) -> None:
    volume = write_volume(tmp_path / "scan.nrrd", blob((1, 90, 90)), SPACING)
    done = segment(volume, click="44,44,0", slices=3)
    assert (done.code, done.err) == (0, "")
    assert "1 slice," in done.out
    assert read_mask(tmp_path / "lesion.seg.nrrd").any()


def test_a_very_large_slice_works(
    segment: Callable, write_volume: Callable, read_mask: Callable, tmp_path: Path
) -> None:
    volume = write_volume(tmp_path / "scan.nrrd", blob((1, 2000, 2000)), SPACING)
    done = segment(volume, click="999,999,0")
    assert (done.code, done.err) == (0, "")
    assert 100 < read_mask(tmp_path / "lesion.seg.nrrd").sum() < 2000


def test_a_missing_volume(segment: Callable, tmp_path: Path) -> None:
    assert_refused(segment(tmp_path / "nothing.nrrd"), tmp_path, "nothing.nrrd", "does not exist")


@pytest.mark.parametrize("name", ["scan.nrrd", "scan.nii.gz", "scan.mha", "scan.txt"])
def test_an_unreadable_volume(segment: Callable, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is not an image\n" * 50)
    assert_refused(segment(tmp_path / name), tmp_path, name)


@pytest.mark.parametrize("share", [0.0001, 0.5])
def test_a_truncated_volume(segment: Callable, files: Any, tmp_path: Path, share: float) -> None:
    whole = files.volume.read_bytes()
    (tmp_path / "scan.nrrd").write_bytes(whole[: int(len(whole) * share)])
    assert_refused(segment(tmp_path / "scan.nrrd"), tmp_path, "scan.nrrd")


def test_a_truncated_segmentation_as_reference(segment: Callable, tmp_path: Path) -> None:
    assert segment(output=tmp_path / "whole.seg.nrrd").code == 0
    whole = (tmp_path / "whole.seg.nrrd").read_bytes()
    (tmp_path / "half.seg.nrrd").write_bytes(whole[: len(whole) - 30])
    assert_refused(segment(choices=None, reference=tmp_path / "half.seg.nrrd"), tmp_path, "half.seg.nrrd")


def test_a_folder_without_images(segment: Callable, tmp_path: Path) -> None:
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "notes.txt").write_text("nothing to see")
    assert_refused(segment(tmp_path / "series"), tmp_path, "series")


@pytest.mark.parametrize("output", ["nowhere/lesion.seg.nrrd", "file/lesion.seg.nrrd", "folder.seg.nrrd", "lesion.png"])
def test_an_output_that_cannot_be_written(segment: Callable, tmp_path: Path, output: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.seg.nrrd").mkdir()
    assert_refused(segment(output=tmp_path / output), tmp_path, Path(output).name)


def test_a_system_folder_as_output(segment: Callable, tmp_path: Path) -> None:
    assert_refused(segment(output="/proc/lesion.seg.nrrd"), tmp_path, "/proc/lesion.seg.nrrd")


@pytest.mark.parametrize("option", ["log", "figure", "profile"])
def test_other_outputs_that_cannot_be_written(segment: Callable, tmp_path: Path, option: str) -> None:
    assert_refused(segment(**{option: tmp_path / "nowhere" / "x.json"}), tmp_path, "x.json")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"plane": "oblong"}, "plane"), ({"plane": "0,0,0"}, "normal"), ({"choices": "2,maybe"}, "--choices"),
        ({"choices": "9,accept"}, "number 9"), ({"weights": "no.safetensors"}, "no."),
        ({"choices": None, "reference": "no.nrrd"}, "no.nrrd"), ({"reference": "no.nrrd"}, "not both"),
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense(segment: Callable, tmp_path: Path, options: Any, word: str) -> None:
    assert_refused(segment(**options), tmp_path, word)


def test_an_empty_reference(segment: Callable, files: Any, write_volume: Callable, tmp_path: Path) -> None:
    empty = write_volume(tmp_path / "empty.nrrd", np.zeros((4, 5, 6), np.uint8), files.phantom.ijk_to_ras)
    assert_refused(segment(choices=None, reference=empty), tmp_path, "empty")


def test_a_damaged_profile(segment: Callable, tmp_path: Path) -> None:
    (tmp_path / "me.json").write_text('{"format": ')
    assert_refused(segment(profile=tmp_path / "me.json"), tmp_path, "me.json")
    assert (tmp_path / "me.json").read_text() == '{"format": '


def test_nobody_to_ask(segment: Callable, tmp_path: Path) -> None:
    assert_refused(segment(choices=None), tmp_path, "nobody to ask")


def test_the_demo_needs_a_reader_it_knows(spa: Callable, tmp_path: Path) -> None:
    assert_refused(spa("demo", "--reader", "perfect", "--output", tmp_path), tmp_path, "--reader")


def test_the_demo_needs_a_folder(spa: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_refused(spa("demo", "--output", tmp_path / "file" / "demo"), tmp_path, "cannot be written")


COMMAND = [sys.executable, "-c", "from SPASegmentLib.cli import main; main()"]


def test_a_machine_without_slicer_core(files: Any, tmp_path: Path) -> None:
    without = [sys.executable, "-c", "import sys; sys.modules['slicer'] = None; " + COMMAND[2]]
    arguments = ["segment", files.volume, "--click", files.click, "--output", tmp_path / "lesion.seg.nrrd"]
    done = subprocess.run([*without, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "slicer-core" in done.stderr


def heed_interruptions() -> None:
    """What is started in the background inherits that Ctrl-C is ignored; a person's program is not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def heed_default() -> None:
    """The same before a program starts: Python then installs its own handler."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interruption_waits_for_the_end_of_imports(capsys: pytest.CaptureFixture[str]) -> None:
    """Extension modules do not survive an interruption while they are being imported."""
    before = signal.getsignal(signal.SIGINT)
    heed_interruptions()
    imported = False
    with pytest.raises(typer.Exit) as ended, plain_errors(), interruption_at_the_end():
        signal.raise_signal(signal.SIGINT)
        imported = True
    assert imported
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "Interrupted; no file is half written.\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_faults_of_the_program_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), plain_errors():
        raise ZeroDivisionError


def limit_files() -> None:
    """Like a disk that is full after so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))


@pytest.mark.parametrize("ending", [".seg.nrrd", ".nii.gz", ".mha"])
def test_a_full_disk(files: Any, tmp_path: Path, ending: str) -> None:
    output = tmp_path / f"lesion{ending}"
    output.write_text("what was there before")
    arguments = ["segment", files.volume, "--click", files.click, "--choices", "accept", "--output", output]
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], preexec_fn=limit_files, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "cannot be written" in done.stderr
    assert os.listdir(tmp_path) == [output.name]
    assert output.read_text() == "what was there before"


def test_a_full_disk_during_the_demo(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "demo", "--output", str(tmp_path)], preexec_fn=limit_files, capture_output=True, text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert os.listdir(tmp_path) == []


def test_an_interruption(files: Any, tmp_path: Path) -> None:
    """Ctrl-C while the masks are on screen."""
    arguments = ["segment", files.volume, "--click", files.click, "--output", tmp_path / "lesion.seg.nrrd"]
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, preexec_fn=heed_default,
    ) as process:
        assert process.stdout is not None
        shown = ""
        while "choose" not in shown:
            letter = process.stdout.read(1)
            assert letter, "ended before it asked"
            shown += letter
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.splitlines() == ["Interrupted; no file is half written."]
    assert os.listdir(tmp_path) == []
