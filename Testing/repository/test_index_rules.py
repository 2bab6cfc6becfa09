"""The rules of Slicer's extension index and of its automatic review, as far as the files can show them.

`make index-check` runs these with the tests of the description and of the CMake lists.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
MODULE = sorted((ROOT / "SPASegment").rglob("*.py"))
#: What a module may import at file scope.
AT_FILE_SCOPE = {"SPASegmentLib", "ctk", "numpy", "qt", "scipy", "slicer", "vtk", "vtkmodules", "SegmentEditorEffects"}
#: Statements of a file that only define something, or say under which condition.
DEFINING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
#: What may be called at file scope: it makes names, reads no file and starts nothing.
HARMLESS = {
    "TypeVar", "abspath", "dict", "dirname", "field", "frozenset", "getLogger", "namedtuple", "range", "texts", "zip",
}  # fmt: skip
MEBIBYTE = 2**20


def at_file_scope(body: List[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run on import; those within `if` and `try` too."""
    for node in body:
        if isinstance(node, (ast.If, ast.Try)):
            inner = [*node.body, *node.orelse, *(s for h in getattr(node, "handlers", []) for s in h.body)]
            yield from at_file_scope(inner)
        else:
            yield node


def scoped(path: Path) -> Iterator[ast.stmt]:
    return at_file_scope(ast.parse(path.read_text(encoding="utf-8")).body)


@pytest.mark.parametrize("path", MODULE, ids=lambda path: path.name)
def test_nothing_is_imported_at_file_scope_but_what_slicer_has(path: Path) -> None:
    allowed = AT_FILE_SCOPE | set(sys.stdlib_module_names)
    found = set()
    for node in scoped(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    assert found - allowed == set()


@pytest.mark.parametrize("path", MODULE, ids=lambda path: path.name)
def test_nothing_runs_at_file_scope(path: Path) -> None:
    calls = []
    for node in scoped(path):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Expr) and "sys.path" in ast.unparse(node) and path.name == "SPASegment.py":
            continue  # the one line that finds the library in a checkout
        assert isinstance(node, (*DEFINING, ast.Pass)), f"{path.name}:{node.lineno} does something on import"
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            calls += [call for call in ast.walk(node.value) if isinstance(call, ast.Call)]
    names = {ast.unparse(call.func).split(".")[-1] for call in calls}
    assert names <= HARMLESS


def test_torch_is_not_installed_by_pip() -> None:
    """It comes through the extension PyTorch, which picks the build that fits the computer."""
    installs = re.compile(r"pip_(?:install|ensure)\([^)]*\btorch\b", re.DOTALL)
    assert [path.name for path in MODULE if installs.search(path.read_text())] == []


def test_downloads_can_be_removed() -> None:
    text = "\n".join(path.read_text() for path in MODULE)
    assert "urlopen" in text or "download" in text.lower()
    assert re.search(r"def \w*(delete|remove|forget)\w*\(", text), "what was downloaded has no way out"


def pictures() -> List[Tuple[str, Path]]:
    text = (ROOT / "CMakeLists.txt").read_text()
    settings = dict(re.findall(r'^set\(EXTENSION_(\w+) "([^"]*)"\)$', text, re.MULTILINE))
    urls = [settings["ICONURL"], *settings["SCREENSHOTURLS"].split()]
    return [(url, ROOT / url.split("/main/", 1)[1]) for url in urls]


@pytest.mark.parametrize(("url", "path"), pictures(), ids=lambda value: Path(str(value)).name)
def test_pictures_have_formats_and_sizes_that_the_catalogue_shows(url: str, path: Path) -> None:
    with Image.open(path) as image:
        assert image.format in ("PNG", "JPEG", "GIF")
        icon = path.parent.name == "Icons"
        assert image.size == (128, 128) if icon else (600 <= image.width <= 2000 and image.height <= 1500)
    assert path.stat().st_size < MEBIBYTE


def test_description_is_one_or_two_sentences_and_says_that_it_is_an_effect() -> None:
    (text,) = re.findall(r'set\(EXTENSION_DESCRIPTION "([^"]*)"\)', (ROOT / "CMakeLists.txt").read_text())
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", text)) <= 2
    assert "Segment Editor effect" in text


def test_readme_has_what_reviewers_look_for() -> None:
    text = (ROOT / "README.md").read_text()
    first = text.split("\n\n")[1]
    assert len(re.findall(r"[.!?](?:\s|$)", first)) <= 4
    assert "![" in text
    assert "**SPA**" in text, "a sentence for each module"
    assert "arXiv:2411.15513" in text
    assert "Apache-2.0" in text and "LICENSE.txt" in text
    assert "docs/slicer.md" in text


def test_repository_is_small() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sizes = {name: (ROOT / name).stat().st_size for name in listed.split("\0") if name and (ROOT / name).is_file()}
    assert sum(sizes.values()) < 50 * MEBIBYTE
    # What a clone of this history takes; .git itself may hold an object in several packs, or what was thrown away.
    measure = ["git", "rev-list", "--objects", "--disk-usage", "HEAD"]
    history = int(subprocess.run(measure, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert 0 < history < 100 * MEBIBYTE


def test_the_public_address_is_the_same_everywhere() -> None:
    """`make address URL=...` replaces it; SPA.json is where it is read from."""
    address = re.search(r'"scm_url": "https://github.com/([^"]+)"', (ROOT / "SPA.json").read_text()).group(1)
    named = set()
    for name in ("CMakeLists.txt", "SPA.json", "SPA.s4ext", "CITATION.cff", "SPASegment/SPASegment.py"):
        found = set(re.findall(r"github(?:usercontent)?\.com/([\w.-]+/[\w.-]+)", (ROOT / name).read_text()))
        found -= {"Slicer/Slicer", "facebookresearch/segment-anything"}
        assert found, name
        named |= found
    assert named == {address}
