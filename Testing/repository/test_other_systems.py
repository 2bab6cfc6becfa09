"""What Windows and macOS do differently, as far as fakes can show it here: Testing/README.md says what they cannot."""

from __future__ import annotations

import ast
import json
import ntpath
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Iterator, List

import pytest
import tomllib
import windows
from packaging.requirements import Requirement

from SPASegmentLib import output
from SPASegmentLib.errors import OutputError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.profiles import Profiles
from SPASegmentLib.output import check_writable, whole_file, write_text
from SPASegmentLib.paths import identity

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = [
    path
    for place in ("SPASegmentLib", "SPASegment")
    for path in sorted((ROOT / place).rglob("*.py"))
    if not {"research", "training"} & set(path.relative_to(ROOT / place).parts)
]
#: Arguments that came with Python 3.10 or later.
NEW_ARGUMENTS = {
    "write_text": {"newline"}, "read_text": {"newline"}, "zip": {"strict"}, "dataclass": {"slots", "kw_only"},
    "bisect_left": {"key"}, "bisect_right": {"key"}, "bisect": {"key"}, "insort": {"key"}, "entry_points": {"group"},
    "relative_to": {"walk_up"}, "glob": {"root_dir"}, "TemporaryDirectory": {"delete", "ignore_cleanup_errors"},
    "NamedTemporaryFile": {"delete_on_close"}, "rmtree": {"onexc"},
}  # fmt: skip
#: Where one of them is used all the same: what lies around it keeps it from Windows.
KEPT = {
    ("output.py", "fcntl"), ("dicom_unpack.py", "resource"), ("app.py", "SIGHUP"),
}  # fmt: skip


def posix_only(tree: ast.AST) -> Iterator[str]:
    """Names that Windows lacks, and a file asks for by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in windows.MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in windows.MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in windows.FUNCTIONS:
            yield from {node.attr} & set(windows.FUNCTIONS[ast.unparse(node.value)].split())


def too_new(tree: ast.AST) -> Iterator[str]:
    """Arguments of calls that Python 3.9 does not know."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            yield from (f"{name}({each.arg}=)" for each in node.keywords if each.arg in NEW_ARGUMENTS.get(name, ()))


@pytest.mark.parametrize(
    ("system", "machine", "there"),
    [
        ("linux", "x86_64", True), ("win32", "AMD64", True), ("darwin", "arm64", True),
        ("linux", "aarch64", False), ("win32", "ARM64", False), ("darwin", "x86_64", False),
    ],
)  # fmt: skip
def test_volumes_are_read_wherever_slicer_core_has_wheels(system: str, machine: str, there: bool) -> None:
    """Those that had been published for version 5.11.0.6 and up to 5.13.31053.0."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (marker,) = (Requirement(each).marker for each in project["dependencies"] if each.startswith("slicer-core"))
    assert marker is not None
    for python in ("3.9", "3.10", "3.13", "3.14"):
        environment = {"python_version": python, "sys_platform": system, "platform_machine": machine}
        assert marker.evaluate(environment) == (there and python in ("3.10", "3.13"))


def test_no_call_has_arguments_that_python_3_9_lacks() -> None:
    """Slicer embeds it up to 5.8."""
    found = {(path.name, call) for path in PRODUCT for call in too_new(ast.parse(path.read_text(encoding="utf-8")))}
    assert found == set()


def test_what_only_linux_has_is_asked_for_with_care() -> None:
    found = {(path.name, name) for path in PRODUCT for name in posix_only(ast.parse(path.read_text(encoding="utf-8")))}
    assert found == KEPT


def on_windows(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that lacks what Windows lacks."""
    return subprocess.run(windows.command(code, *arguments), capture_output=True, text=True, cwd=ROOT)


def test_a_session_without_what_only_linux_has(tmp_path: Path) -> None:
    """Imports, a click from file to file, and a profile that learns: no fork, locks, SIGHUP or handles of folders."""
    sample = ROOT / "SPASegment/Resources/SampleData/AverageBrainMR.nii.gz"
    words = [
        "segment", str(sample), "--click=-10,12,18", "--choices", "2,accept", "-o", str(tmp_path / "out.nrrd"),
        "--profile", str(tmp_path / "me.json"), "--runtime", "onnx",
    ]  # fmt: skip
    done = on_windows("from SPASegmentLib.cli import main\nmain()", *words)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "me.json").read_text(encoding="utf-8"))["accepted"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["me.json", "out.nrrd"]


def test_what_plays_windows_keeps_files_that_are_in_use(tmp_path: Path) -> None:
    code = """
import mmap, os, shutil, sys
for number, left in enumerate(("open", "mapped", "closed")):
    folder = os.path.join(sys.argv[1], left)
    os.mkdir(folder)
    file = open(os.path.join(folder, "file"), "wb+")
    file.write(b"text")
    file.flush()
    if left == "mapped":
        kept = mmap.mmap(file.fileno(), 4)
    if left != "open":
        file.close()
    shutil.rmtree(folder, ignore_errors=True)
print(sorted(os.listdir(sys.argv[1])))
"""
    done = on_windows(code, str(tmp_path))
    assert done.stdout.strip() == "['mapped', 'open']", done.stderr


def test_an_interruption_where_the_console_sends_no_signal() -> None:
    """A program started without a console has no handlers to put back (`signal.getsignal` gives None)."""
    code = """
import signal
signal.getsignal = lambda number: None
from SPASegmentLib.commands.interruption import ends_as_interruptions, interruption_at_the_end
with interruption_at_the_end(), ends_as_interruptions():
    print("done")
"""
    done = on_windows(code)
    assert done.stdout.strip() == "done", done.stderr


@pytest.mark.parametrize("tries", [1, 3])
def test_a_file_that_a_virus_scanner_holds_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    target, real, refused = tmp_path / "me.json", os.replace, []

    def replace(source: Any, place: Any) -> None:
        if len(refused) < tries:
            refused.append(place)
            raise PermissionError(13, "The process cannot access the file", str(place))
        real(source, place)

    monkeypatch.setattr(output.os, "replace", replace)
    monkeypatch.setattr(output.time, "sleep", lambda seconds: None)
    write_text("new", target)
    assert target.read_text() == "new" and len(refused) == tries


def test_a_file_that_stays_in_use_is_named_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "result.nrrd"
    target.write_text("old")

    def replace(source: Any, place: Any) -> None:
        raise PermissionError(13, "The process cannot access the file", str(place))

    monkeypatch.setattr(output.os, "replace", replace)
    monkeypatch.setattr(output.time, "sleep", lambda seconds: None)
    with pytest.raises(OutputError, match="result.nrrd is in use by another program; close it there"), whole_file(
        target
    ) as partial:
        partial.write_text("new")
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("folders", [True, False])
def test_a_folder_that_refuses_files_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: bool
) -> None:
    """With or without the right to make folders, as in that of a drive."""
    windows.refuse_files(tmp_path, monkeypatch, folders)
    with pytest.raises(OutputError, match="cannot be written \\(permission denied\\)"):
        check_writable(tmp_path / "result.nrrd")
    with pytest.raises(OutputError, match="cannot be written \\(permission denied\\)"):
        write_text("new", tmp_path / "result.nrrd")
    assert not any(tmp_path.iterdir())


def test_names_that_differ_in_case_are_one_file_where_the_disk_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SPASegmentLib import paths

    assert identity(tmp_path / "Scan.nrrd") != identity(tmp_path / "scan.nrrd")
    monkeypatch.setattr(paths, "_ignores_case", lambda folder: True)
    assert identity(tmp_path / "Scan.nrrd") == identity(tmp_path / "scan.nrrd")
    # macOS keeps letters and their marks apart.
    assert identity(tmp_path / "Mu\u0308ller.nrrd") == identity(tmp_path / "M\u00fcller.nrrd")


def test_profiles_have_file_names_that_windows_takes(tmp_path: Path) -> None:
    store = Profiles(tmp_path)
    kept = store.take(Profile.new("Dr. Müller: tight <2 mm> / \\ | ? *"))
    (file,) = tmp_path.iterdir()
    assert file.stem == kept and not set('<>:"/\\|?*') & set(file.name) and not file.stem.endswith((" ", "."))
    assert ntpath.basename(ntpath.join(r"C:\profiles", file.name)) == file.name


def test_uploads_lose_the_folders_of_both_worlds() -> None:
    pytest.importorskip("slicer")
    from SPASegmentLib.viewer.uploads import safe_name

    for name in (r"C:\Users\me\scan.nrrd", r"..\..\scan.nrrd", "/home/me/scan.nrrd", "scan.nrrd"):
        assert safe_name(name) == "scan.nrrd"


def written_paths(source: str) -> List[str]:
    """Texts that look like a path of one system."""
    constants = [n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant)]
    texts = [text for text in constants if isinstance(text, str)]
    return [text for text in texts if re.match(r"(?:/(?:tmp|home|usr|var|etc|dev)/|[A-Z]:\\)", text)]


def test_no_path_of_one_system_is_written_into_the_code() -> None:
    assert {(path.name, text) for path in PRODUCT for text in written_paths(path.read_text(encoding="utf-8"))} == set()
    assert written_paths('x = "/tmp/a"') == ["/tmp/a"]


def test_texts_are_read_and_written_in_one_encoding() -> None:
    """Windows takes another one than UTF-8 where none is named."""
    found = set()
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called, named = node.func.attr, {keyword.arg for keyword in node.keywords}
                if called in ("read_text", "write_text") and "encoding" not in named:
                    found.add(f"{path.name}:{node.lineno}")
    assert found == set()
