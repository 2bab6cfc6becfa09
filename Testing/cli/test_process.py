"""The process as it comes: terminals that lack letters, streams that are closed, numbers with a decimal comma."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import numpy as np
import pytest

from SPASegmentLib.mrml.io.files import save_segmentation
from SPASegmentLib.mrml.quiet import quiet
from SPASegmentLib.mrml.scene import HeadlessScene
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.volumes import add_volume, load_mask

COMMAND = [sys.executable, "-c", "from SPASegmentLib.cli import main; main()"]


def run(files: Any, output: Path, prefix: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """`spa segment` in a process with this environment, its streams closed as the shell's `prefix` says."""
    words = [*COMMAND, "segment", str(files.volume), "--click", files.click, "--choices", "accept", "-o", str(output)]
    if prefix:
        words = ["sh", "-c", f'exec "$0" "$@" {prefix}', *words]
    return subprocess.run(words, capture_output=True, env={**os.environ, **environment})


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp1252", "Ω-Läsion.nrrd"), pytest.param("ascii", "Läsion.nrrd", marks=pytest.mark.slow)]
)
def test_letters_that_a_terminal_lacks_cost_nothing(files: Any, tmp_path: Path, encoding: str, name: str) -> None:
    done = run(files, tmp_path / name, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?" in done.stdout and b"Wrote" in done.stdout
    assert os.listdir(tmp_path) == [name]
    missing = [*COMMAND, "segment", f"{name}.gone", "--click=0,0,0", "-o", str(tmp_path / "a.nrrd")]
    refused = subprocess.run(missing, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert refused.returncode == 2 and b"does not exist" in refused.stderr and b"Traceback" not in refused.stderr


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_cost_nothing(files: Any, tmp_path: Path, read_mask: Callable, closed: str) -> None:
    done = run(files, tmp_path / "lesion.nrrd", closed)
    assert done.returncode == 0
    assert read_mask(tmp_path / "lesion.nrrd").any()
    assert os.listdir(tmp_path) == ["lesion.nrrd"]


@pytest.mark.parametrize(
    "words",
    [
        ["demo", "--output", "out"],
        ["segment", "scan.nrrd", "--click=0,0,0", "-o", "a.nrrd"],
        ["viewer"],
        ["evaluate", "lidc", "--npz", "a.npz"],
        ["study", "report", "log.csv"],
    ],
    ids=" ".join,
)
def test_a_folder_that_is_gone_is_said(tmp_path: Path, words: List[str]) -> None:
    """A shell stays in a folder that another program deletes."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD"; exec "$0" "$@"'
    done = subprocess.run(["sh", "-c", script, *COMMAND, *words], cwd=gone, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("Error: The folder that this was started in") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["evaluate", "lidc", "--help"]])
def test_help_that_finds_no_room_is_one_sentence(words: List[str]) -> None:
    code = "from SPASegmentLib.cli import main; main()"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", code, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and done.stderr.startswith("Error: A file cannot be read or written (no space left")
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def comma(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, str]:
    """Environment in which the locale de_DE exists."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None:
        pytest.skip("there is no localedef here")
    made = folder / "de_DE.UTF-8"
    subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", str(made)], capture_output=True)
    if not (made / "LC_NUMERIC").exists():
        pytest.skip("no locale with a decimal comma could be made")
    return {"LOCPATH": str(folder)}


SET_LOCALE = (
    "import locale; locale.setlocale(locale.LC_ALL, 'de_DE.UTF-8');"
    "assert locale.localeconv()['decimal_point'] == ',';"
)


def test_a_decimal_comma_changes_no_file(files: Any, tmp_path: Path, comma: Dict[str, str]) -> None:
    written = []
    for name, setting in (("point", ""), ("comma", SET_LOCALE)):
        (tmp_path / name).mkdir()
        words = [sys.executable, "-c", f"{setting}from SPASegmentLib.cli import main; main()", "segment"]
        words += [str(files.volume), "--click", files.click, "--choices", "accept"]
        outputs = ["--output", str(tmp_path / name / "a.nrrd"), "--profile", str(tmp_path / name / "me.json")]
        done = subprocess.run([*words, *outputs], capture_output=True, text=True, env={**os.environ, **comma})
        assert done.returncode == 0, done.stderr
        written.append([(tmp_path / name / file).read_bytes() for file in ("a.nrrd", "me.json")])
    assert written[0] == written[1]


LIBRARY = SET_LOCALE + """
import sys
import numpy as np
from pathlib import Path
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.io.files import save_segmentation
from SPASegmentLib.mrml.scene import HeadlessScene
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.volumes import load_volume, load_mask
with HeadlessScene() as headless:
    volume = load_volume(headless.scene, sys.argv[1])
    segmentation = create_segmentation(volume, "a")
    add_segment(segmentation, "one")
    for name in ("a.seg.nrrd", "a.nrrd", "a.nii.gz", "a.mha"):
        save_segmentation(segmentation, str(Path(sys.argv[2]) / name), volume)
    mask, grid = load_mask(headless.scene, str(Path(sys.argv[2]) / "a.nii.gz"))
    assert np.allclose(grid.to_world, volume_grid(volume).to_world, atol=1e-3)
assert locale.localeconv()["decimal_point"] == ",", "a host's own locale stays"
"""


def test_a_host_with_a_decimal_comma_reads_and_writes_the_same(
    files: Any, tmp_path: Path, comma: Dict[str, str]
) -> None:
    words = [sys.executable, "-c", LIBRARY, str(files.volume), str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **comma})
    assert done.returncode == 0, done.stderr


def saved(folder: Path) -> Path:
    """A segmentation that was written in this process."""
    with HeadlessScene() as headless:
        volume = add_volume(headless.scene, np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
        segmentation = create_segmentation(volume, "a")
        add_segment(segmentation, "one")
        save_segmentation(segmentation, str(folder / "a.nrrd"), volume)
        load_mask(headless.scene, str(folder / "a.nrrd"))
    return folder / "a.nrrd"


def test_a_host_without_standard_error_reads_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As pythonw and services have it: `sys.stderr` is None, and file 2 may be closed or somebody else's."""
    kept: Optional[int] = os.dup(2)
    try:
        os.close(2)
        monkeypatch.setattr(sys, "stderr", None)
        assert saved(tmp_path).exists()
        with pytest.raises(OSError):
            os.fstat(2)
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def test_quiet_gives_everything_back() -> None:
    before = locale.setlocale(locale.LC_NUMERIC), os.fstat(2).st_ino
    with pytest.raises(ValueError), quiet():
        raise ValueError
    assert (locale.setlocale(locale.LC_NUMERIC), os.fstat(2).st_ino) == before
