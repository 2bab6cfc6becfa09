"""Whatever is wrong ends with one clear sentence and exit code 2, and nothing is written."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
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
from SPASegmentLib.errors import WeightsError
from SPASegmentLib.model.weights import models_folder
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.scene import HeadlessScene
from SPASegmentLib.mrml.volumes import load_mask

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
            arguments += [] if value is None else [f"--{name}"] if value is True else [f"--{name}", value]
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


def test_a_click_on_what_looks_like_air_on_purpose(
    segment: Callable, write_volume: Callable, read_mask: Callable, tmp_path: Path
) -> None:
    """A cyst that the image's edge cuts off."""
    k, j, i = np.mgrid[:3, :90, :90]
    noise = np.random.default_rng(0).normal(160, 8, i.shape)
    cyst = np.hypot(i - 10, j - 45) <= 14
    volume = write_volume(tmp_path / "scan.nrrd", np.where(cyst, 0, noise).astype(np.int16), SPACING)
    refused = segment(volume, click="10,45,1")
    assert_refused(refused, tmp_path, "background", "--anywhere")
    done = segment(volume, click="10,45,1", anywhere=True)
    assert (done.code, done.err) == (0, "")
    found = read_mask(tmp_path / "lesion.seg.nrrd")
    assert found.any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_numbers(segment: Callable, write_volume: Callable, tmp_path: Path, value: float) -> None:
    voxels = blob((5, 40, 40), np.float32)
    voxels[3, 4, 5] = value
    volume = write_volume(tmp_path / "scan.nrrd", voxels, SPACING)
    done = segment(volume, click="20,20,2")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("1 voxels are NaN or infinite") == 1


def test_a_label_map_as_volume(segment: Callable, files: Any) -> None:
    done = segment(files.reference)
    assert done.code == 0 and done.out.count("may be a label map") == 1


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


@pytest.mark.parametrize("name", ["scan.png", "scan.jpg", "scan.dcm", "scan"])
def test_an_empty_file(segment: Callable, tmp_path: Path, name: str) -> None:
    """Not told that SPA reads PNG: a download that was stopped leaves such files."""
    (tmp_path / name).write_bytes(b"")
    assert_refused(segment(tmp_path / name), tmp_path, name, "it is empty; copy or download it again")


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


@pytest.mark.parametrize("option", ["output", "log", "figure", "profile"])
def test_no_result_takes_the_place_of_the_scan(segment: Callable, files: Any, tmp_path: Path, option: str) -> None:
    scan, folder = tmp_path / "scan.nrrd", tmp_path / "results"
    shutil.copy(files.volume, scan)
    folder.mkdir()
    for name in ("link.nrrd", "link.png"):
        (folder / name).symlink_to(scan)
    given = folder / ("link.png" if option == "figure" else "link.nrrd")
    done = segment(scan, **{"output": folder / "a.nrrd", option: given})
    assert_refused(done, tmp_path, f"--{option}", "same file as the volume")
    assert scan.read_bytes() == files.volume.read_bytes()
    assert sorted(os.listdir(folder)) == ["link.nrrd", "link.png"]


def test_no_result_takes_the_place_of_another_one_or_of_what_is_read(
    segment: Callable, files: Any, tmp_path: Path
) -> None:
    mask = tmp_path / "mask.nrrd"
    shutil.copy(files.reference, mask)
    for name in ("compact.safetensors", "compact.json"):
        shutil.copy(models_folder() / name, tmp_path / name)
    cases = (
        ({"log": tmp_path / "x.json", "profile": tmp_path / "x.json"}, "the same file"),
        ({"output": mask, "choices": None, "reference": mask}, "--reference"),
        ({"weights": tmp_path / "compact.safetensors", "log": tmp_path / "compact.json"}, "the card of --weights"),
        ({"log": models_folder() / "compact.json"}, "the bundled weights"),
    )
    for options, word in cases:
        assert_refused(segment(**options), tmp_path, word)
    assert sorted(os.listdir(tmp_path)) == ["compact.json", "compact.safetensors", "mask.nrrd"]


def test_a_slice_of_a_series_is_no_place_for_a_result(segment: Callable, tmp_path: Path) -> None:
    pytest.importorskip("pydicom")
    from dicom_files import series

    folder = series(tmp_path / "series", blob((3, 40, 40)).astype("i2"), step=1.0, PixelSpacing=[1, 1])
    before = (folder / "1.dcm").read_bytes()
    for volume in (folder, folder / "0.dcm"):
        assert_refused(segment(volume, click="20,20,2", log=folder / "1.dcm"), tmp_path, "a file of the volume")
    assert (folder / "1.dcm").read_bytes() == before


@pytest.mark.parametrize("name", ["rounds.xyz", "rounds", "rounds.nrrd", "rounds.svg"])
def test_a_figure_that_nothing_can_draw(segment: Callable, tmp_path: Path, name: str) -> None:
    assert_refused(segment(figure=tmp_path / name), tmp_path, "--figure", ".png")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"plane": "oblong"}, "plane"), ({"plane": "0,0,0"}, "normal"), ({"choices": "2,maybe"}, "--choices"),
        ({"choices": "9,accept"}, "number 9"), ({"weights": "no.safetensors"}, "no.safetensors cannot be read"),
        ({"region": "0"}, "--region"), ({"region": "-5"}, "--region"), ({"region": "nan"}, "--region"),
        ({"region": "0.001"}, "at least"),
        ({"weights": "."}, "names no weights"), ({"weights": "/"}, "names no weights"),
        ({"choices": None, "reference": "no.nrrd"}, "no.nrrd"), ({"reference": "no.nrrd"}, "not both"),
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense(segment: Callable, tmp_path: Path, options: Any, word: str) -> None:
    assert_refused(segment(**options), tmp_path, word)


def test_an_empty_reference(segment: Callable, files: Any, write_volume: Callable, tmp_path: Path) -> None:
    empty = write_volume(tmp_path / "empty.nrrd", np.zeros((4, 5, 6), np.uint8), files.phantom.ijk_to_ras)
    assert_refused(segment(choices=None, reference=empty), tmp_path, "empty")


def test_an_image_as_reference(segment: Callable, files: Any, tmp_path: Path) -> None:
    """All that is not 0 in it would be what the reader has in mind."""
    assert_refused(segment(choices=None, reference=files.volume), tmp_path, files.volume.name, "looks like an image")


def test_a_reference_of_something_else(segment: Callable, files: Any, write_volume: Callable, tmp_path: Path) -> None:
    """It lies on other slices, or on the clicked one in a corner."""
    mask = np.zeros(files.phantom.voxels.shape, np.uint8)
    mask[0, :3, :3] = 1
    elsewhere = write_volume(tmp_path / "elsewhere.nrrd", mask, files.phantom.ijk_to_ras)
    assert_refused(segment(choices=None, reference=elsewhere), tmp_path, "nothing on the clicked slice")
    mask[12, :3, :3] = 1
    corner = write_volume(tmp_path / "corner.nrrd", mask, files.phantom.ijk_to_ras)
    assert_refused(segment(choices=None, reference=corner), tmp_path, "None on screen met --reference")


def test_a_damaged_profile(segment: Callable, tmp_path: Path) -> None:
    (tmp_path / "me.json").write_text('{"format": ')
    assert_refused(segment(profile=tmp_path / "me.json"), tmp_path, "me.json")
    assert (tmp_path / "me.json").read_text() == '{"format": '


def test_nobody_to_ask(segment: Callable, tmp_path: Path) -> None:
    assert_refused(segment(choices=None), tmp_path, "nobody to ask")


def test_the_demo_needs_a_reader_it_knows(spa: Callable, tmp_path: Path) -> None:
    assert_refused(spa("demo", "--reader", "perfect", "--output", tmp_path), tmp_path, "--reader")


@pytest.mark.parametrize("option", [["--reader", "perfect"], ["--weights", "x"], ["--seed", 2**70], ["--runtime", "x"]])
def test_a_demo_that_is_refused_leaves_no_folder(spa: Callable, tmp_path: Path, option: List[object]) -> None:
    assert_refused(spa("demo", "--output", tmp_path / "new" / "demo", *option), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_needs_a_folder(spa: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_refused(spa("demo", "--output", tmp_path / "file" / "demo"), tmp_path, "cannot be written")


COMMAND = [sys.executable, "-c", "from SPASegmentLib.cli import main; main()"]


@pytest.mark.parametrize("command", ["segment", "demo"])
def test_a_machine_without_slicer_core(files: Any, tmp_path: Path, command: str) -> None:
    """Such as Macs with Intel's processors; VTK comes with it."""
    gone = "import sys; sys.modules.update(dict.fromkeys(('slicer', 'vtk', 'vtkmodules'))); "
    without = [sys.executable, "-c", gone + COMMAND[2]]
    arguments = {
        "segment": ["segment", files.volume, "--click", files.click, "--output", tmp_path / "lesion.seg.nrrd"],
        "demo": ["demo", "--output", tmp_path / "demo"],
    }[command]
    done = subprocess.run([*without, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "slicer-core, which exists for Python 3.10 to 3.13 on" in done.stderr


def heed_interruptions() -> None:
    """What is started in the background inherits that Ctrl-C is ignored; a person's program is not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def heed_default() -> None:
    """The same before a program starts, which then installs handlers of its own, for all signals that end it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


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


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file", "/net/a.npz"), "/net/a.npz cannot be read or written (no"),
        (PermissionError(errno.EACCES, "Denied", b"/net/b.npz"), "/net/b.npz cannot be read or written (denied)"),
        (OSError(errno.EIO, "Input/output error"), "A file cannot be read or written (input/output error)"),
        (OSError(errno.ENOSPC, "No space left on device"), "(no space left on device)"),
    ],
)
def test_a_drive_that_goes_away_anywhere_is_one_sentence(
    capsys: pytest.CaptureFixture[str], error: OSError, words: str
) -> None:
    """Where nothing else has been said about it."""
    with pytest.raises(typer.Exit) as ended, plain_errors():
        raise error
    told = capsys.readouterr().err
    assert ended.value.exit_code == 2 and words in told and told.count("\n") == 1


@pytest.mark.parametrize("error", [BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError("of nothing")])
def test_a_pipe_that_nobody_reads_is_no_file(error: OSError) -> None:
    with pytest.raises(type(error)), plain_errors():
        raise error


def limit_files() -> None:
    """Like a disk that is full after so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))


@pytest.mark.parametrize(
    "ending", [".seg.nrrd", *(pytest.param(ending, marks=pytest.mark.slow) for ending in (".nii.gz", ".mha"))]
)
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


@pytest.mark.slow
def test_a_full_disk_during_the_demo(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "demo", "--output", str(tmp_path)], preexec_fn=limit_files, capture_output=True, text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert os.listdir(tmp_path) == []


Conversation = Callable[..., Any]


@pytest.fixture
def talk(files: Any, tmp_path: Path) -> Conversation:
    """Runs `spa segment --slices 2` in a process, answers the first questions, then ends it in some way."""

    def run(answers: int, end: Callable[[subprocess.Popen], None], *more: object) -> Any:
        arguments = ["segment", files.volume, "--click", files.click, "--slices", 2, *more]
        with subprocess.Popen(
            [*COMMAND, *map(str, arguments), "--output", str(tmp_path / "lesion.nrrd")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_default,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process:  # fmt: skip
            assert process.stdout is not None and process.stdin is not None
            for answer in range(answers + 1):
                shown = ""
                while "stop here" not in shown:
                    letter = process.stdout.read(1)
                    assert letter, "ended before it asked"
                    shown += letter
                if answer < answers:
                    process.stdin.write("a\n")
                    process.stdin.flush()
            end(process)
            out, err = process.stdout.read(), process.stderr.read()
            process.wait()
        return process.returncode, out, err

    return run


def signalled(number: int) -> Callable[[subprocess.Popen], None]:
    return lambda process: process.send_signal(number)


def accepted_slices(path: Path) -> List[int]:
    with HeadlessScene() as headless:
        mask, _ = load_mask(headless.scene, str(path))
    return np.flatnonzero(mask.any(axis=(1, 2))).tolist()


def test_an_interruption(talk: Conversation, tmp_path: Path) -> None:
    """Ctrl-C while the first masks are on screen."""
    code, _, err = talk(0, signalled(signal.SIGINT))
    assert code == 130
    assert err.splitlines() == ["Interrupted; no file is half written."]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="ctrl-c"),
        pytest.param(signal.SIGTERM, id="kill", marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, id="hang-up", marks=pytest.mark.slow),
    ],
)
def test_an_interruption_keeps_what_was_accepted(talk: Conversation, tmp_path: Path, number: int) -> None:
    log, profile, figure = (tmp_path / name for name in ("log.json", "me.json", "rounds.png"))
    code, _, err = talk(2, signalled(number), "--log", log, "--profile", profile, "--figure", figure)
    assert code == 130
    assert err == f"Interrupted; {tmp_path / 'lesion.nrrd'} holds what was accepted before: 2 slices.\n"
    first, second = accepted_slices(tmp_path / "lesion.nrrd")
    assert second == first + 1
    assert json.loads(log.read_text())["actions"] == 4
    assert json.loads(profile.read_text())["accepted"] == 2
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_the_end_of_input_keeps_what_was_accepted(talk: Conversation, tmp_path: Path) -> None:
    code, out, err = talk(1, lambda process: process.stdin.close())
    assert code == 0
    assert err == f"The input ended; {tmp_path / 'lesion.nrrd'} holds what was accepted before: 1 slice.\n"
    assert "Wrote" in out
    assert len(accepted_slices(tmp_path / "lesion.nrrd")) == 1


def test_a_folder_that_is_deleted_during_the_work_costs_nothing(talk: Conversation, tmp_path: Path) -> None:
    folder = tmp_path / "patient"
    folder.mkdir()

    def end(process: subprocess.Popen) -> None:
        shutil.rmtree(folder)
        assert process.stdin is not None
        process.stdin.close()

    code, _, err = talk(1, end, "--log", folder / "log.json")
    assert code == 0 and err.startswith("The input ended; ")
    assert len(accepted_slices(tmp_path / "lesion.nrrd")) == 1
    assert json.loads((folder / "log.json").read_text())["actions"] == 2


def test_a_place_that_becomes_impossible_during_the_work_costs_no_mask(
    talk: Conversation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))

    def end(process: subprocess.Popen) -> None:
        (tmp_path / "lesion.nrrd").mkdir()
        assert process.stdin is not None
        process.stdin.close()

    code, _, err = talk(1, end)
    (kept,) = (tmp_path / "tmp").rglob("lesion.nrrd")
    assert code == 2 and len(err.splitlines()) == 1
    assert f"{tmp_path / 'lesion.nrrd'} is a folder" in err and f"kept: move {kept} from there." in err
    assert len(accepted_slices(kept)) == 1


def test_an_error_on_a_later_slice_keeps_what_was_accepted(
    spa: Callable, files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: List[int] = []
    begin = Controller.next_slice

    def failing(controller: Controller, *arguments: Any) -> Any:
        started.append(1)
        if len(started) == 2:
            raise WeightsError("The network fails.")
        return begin(controller, *arguments)

    monkeypatch.setattr(Controller, "next_slice", failing)
    output = tmp_path / "lesion.nrrd"
    done = spa("segment", files.volume, "--click", files.click, "--choices", "accept", "--slices", 3, "-o", output)
    assert done.code == 2
    assert done.err.splitlines() == [
        f"The work ended early; {output} holds what was accepted before: 2 slices.", "Error: The network fails.",
    ]  # fmt: skip
    assert len(accepted_slices(output)) == 2
