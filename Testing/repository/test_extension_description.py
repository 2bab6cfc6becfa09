"""SPA.json, CMakeLists.txt and SPA.s4ext say the same, within the rules of Slicer's extension index."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]

# slicer-extension-catalog-entry-schema-v1.0.2.json
REQUIRED = {"$schema", "category", "scm_url"}
OPTIONAL = {
    "build_dependencies": list, "build_subdirectory": str, "dicom_support_rule": str, "enabled": bool,
    "scm_revision": str, "scm_type": str, "tier": int,
}


@pytest.fixture(scope="module")
def entry() -> Dict[str, Any]:
    return json.loads((ROOT / "SPA.json").read_text())


@pytest.fixture(scope="module")
def cmake() -> Dict[str, str]:
    """EXTENSION_* settings and the project's name, in lower case and without the prefix."""
    text = (ROOT / "CMakeLists.txt").read_text()
    # The index reads them with such an expression: quoted, on one line.
    settings = {k.lower(): v for k, v in re.findall(r'^set\(EXTENSION_(\w+) "([^"]*)"\)$', text, re.MULTILINE)}
    settings["project"] = re.search(r"^project\((\w+)\)$", text, re.MULTILINE).group(1)
    return settings


@pytest.fixture(scope="module")
def s4ext() -> Dict[str, str]:
    lines = [line for line in (ROOT / "SPA.s4ext").read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split(" ", 1) for line in lines)


def test_entry_follows_the_schema(entry: Dict[str, Any]) -> None:
    assert set(entry) >= REQUIRED
    assert set(entry) <= REQUIRED | set(OPTIONAL)
    assert all(isinstance(entry[key], str) for key in REQUIRED)
    assert all(type(value) is OPTIONAL[key] for key, value in entry.items() if key in OPTIONAL)
    assert entry["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.2.json#")
    assert 1 <= entry["tier"] <= 5
    assert all(isinstance(name, str) for name in entry["build_dependencies"])


def test_entry_follows_the_rules_of_the_index(entry: Dict[str, Any], cmake: Dict[str, str]) -> None:
    assert cmake["project"] == "SPA"  # the name of SPA.json
    assert not cmake["project"].startswith("Slicer")
    assert entry["category"] == "Segmentation"
    assert entry["scm_url"].rsplit("/", 1)[-1].startswith("Slicer")
    assert b"\r" not in (ROOT / "SPA.json").read_bytes()
    assert (ROOT / "LICENSE.txt").is_file()


def test_the_three_descriptions_agree(entry: Dict[str, Any], cmake: Dict[str, str], s4ext: Dict[str, str]) -> None:
    assert s4ext["category"] == entry["category"]
    assert s4ext["scmurl"] == entry["scm_url"] == cmake["homepage"]
    assert s4ext["scmrevision"] == entry["scm_revision"]
    assert s4ext["tier"] == str(entry["tier"])
    assert s4ext["build_subdirectory"] == entry["build_subdirectory"]
    # A click needs no PyTorch, so that SPA builds and installs alone; "NA" is how CMake and s4ext say that.
    assert entry["build_dependencies"] == []
    assert s4ext["depends"] == cmake["depends"] == "NA"
    same = {"homepage", "contributors", "description", "iconurl", "screenshoturls", "status"}
    assert {key: s4ext[key] for key in same} == {key: cmake[key] for key in same}


def test_pictures_that_the_index_downloads_are_in_the_repository(cmake: Dict[str, str]) -> None:
    base = cmake["homepage"].replace("github.com", "raw.githubusercontent.com") + "/main/"
    for url in [cmake["iconurl"], *cmake["screenshoturls"].split()]:
        assert url.startswith(base)
        with Image.open(ROOT / url[len(base):]) as image:
            image.verify()
    with Image.open(ROOT / cmake["iconurl"][len(base):]) as icon:
        assert icon.size == (128, 128)


def test_module_category_is_the_extension_category(entry: Dict[str, Any]) -> None:
    module = (ROOT / "SPASegment/SPASegment.py").read_text()
    assert f'parent.categories = [translate("qSlicerAbstractCoreModule", "{entry["category"]}")]' in module
