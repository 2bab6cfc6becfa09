"""Sections of an existing page written anew, while the rest stays as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.results.plan import UNTRAINED
from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.evaluation.results.report import write_report
from SPASegmentLib.research.evaluation.results.update import update_report

Records = Dict[str, Record]
#: What a change of the profile's record shows in.
OF_PROFILE = ["What was wanted", "The profile", "When the user", "Transfer", "Preferences that"]


@pytest.fixture(scope="module")
def records(records: Records) -> Records:
    """Without most of the methods that SPA is compared with, which only cost time here."""
    left_out = tuple(f"{name}-" for name in (*TRAINED, *UNTRAINED) if name not in ("unet", "ensemble", "resample"))
    return {name: record for name, record in records.items() if not name.startswith(left_out)}


@pytest.fixture(scope="module")
def earlier(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of all records but those of networks trained with a part of the generator."""
    page = tmp_path_factory.mktemp("earlier") / "docs" / "results.md"
    page.parent.mkdir()
    write_report({name: r for name, r in in_order(records).items() if not name.startswith("generator-")}, page)
    return page


@pytest.fixture
def page(earlier: Path, tmp_path: Path) -> Path:
    """A copy of that page that may be changed."""
    shutil.copytree(earlier.parent, tmp_path / "docs")
    return tmp_path / "docs" / earlier.name


def in_order(records: Records) -> Records:
    """In the order in which they are read from a folder."""
    return {name: records[name] for name in sorted(records, key=lambda name: f"{name}.json")}


def files(page: Path) -> Dict[str, bytes]:
    """The page, its records and its plots."""
    return {str(p.relative_to(page.parent)): p.read_bytes() for p in page.parent.rglob("*") if p.is_file()}


def whole(records: Records, folder: Path) -> Dict[str, bytes]:
    """The same, written whole from all records."""
    (folder / "whole").mkdir()
    write_report(in_order(records), folder / "whole" / "results.md")
    return files(folder / "whole" / "results.md")


def changed(record: Record, **values: Any) -> Record:
    """A copy with other figures."""
    return {**json.loads(json.dumps(record)), **values}


def sections(page: bytes) -> Dict[str, str]:
    """Title -> text."""
    return {part.split("\n")[0]: part for part in page.decode().split("\n## ")}


def test_new_records_join_and_their_section_is_put_where_it_belongs(
    records: Records, page: Path, tmp_path: Path
) -> None:
    before = files(page)
    fresh = {name: r for name, r in records.items() if name.startswith("generator-")}
    found, written = update_report(fresh, page, ["Ablations, trained"])
    after = files(page)
    assert written == ["Ablations, trained anew (paper, Table 3)", "Training", "Commands"]
    assert set(found) == set(records)
    assert after == whole(records, tmp_path), "as if it had been written whole"
    assert {name for name in before if before[name] != after[name]} == {"results.md", "results/records.json"}
    old, new = sections(before["results.md"]), sections(after["results.md"])
    assert {title for title in new if new[title] != old.get(title)} == set(written)


def test_records_that_are_measured_again_take_the_place_of_the_old(
    records: Records, page: Path, tmp_path: Path
) -> None:
    """Those that say the same but for their time only lend the section their cases."""
    before = files(page)
    fresh = {name: changed(r) for name, r in records.items() if name.startswith(("noise-", "user-"))}
    fresh["combination"] = changed(records["combination"], seconds=99.0, machine="another", torch="3")
    fresh["noise-10"]["dice_recommended"][2] = 0.123
    _, written = update_report(fresh, page, ["Other users"])
    assert written == ["Other users"]
    assert "| 12.3 [" in sections(page.read_bytes())["Other users"]
    others = {name: r for name, r in records.items() if not name.startswith("generator-")}
    assert files(page) == whole({**others, "noise-10": fresh["noise-10"]}, tmp_path)
    assert {name for name, old in before.items() if old != files(page)[name]} == {"results.md", "results/records.json"}


def test_plots_of_the_named_sections_follow(records: Records, page: Path, tmp_path: Path) -> None:
    before = {p.name: p.stat().st_mtime_ns for p in page.parent.rglob("*.png")}
    fresh = {name: changed(r) for name, r in records.items() if not name.startswith("generator-")}
    policy = fresh["policy"]["policy"]
    policy["by_image"]["cold"] = [0.5] * len(policy["by_image"]["cold"])
    policy["all_users"]["gain"] = policy["user_changes"]["all"]["gain"] = 0.0111
    policy["by_round"]["cold"][0] = policy["unseen_preferences"]["majority +1 px"]["0.75"] = 0.5
    update_report(fresh, page, OF_PROFILE)
    assert files(page) == whole(fresh, tmp_path)
    touched = {p.name for p in page.parent.rglob("*.png") if p.stat().st_mtime_ns != before[p.name]}
    assert touched == {"profile.png"}


def test_the_introduction_follows_the_record_that_it_is_about(records: Records, page: Path, tmp_path: Path) -> None:
    fresh = {name: changed(r) for name, r in records.items() if not name.startswith("generator-")}
    fresh["combination"].update(torch="9.9", history="Begun anew.")
    update_report(fresh, page, ["Training"])
    assert "PyTorch 9.9;" in page.read_text()
    assert files(page) == whole(fresh, tmp_path)


def refused(fresh: Records, page: Path, wanted: List[str], message: str) -> None:
    before = files(page)
    with pytest.raises(InputError, match=message) as caught:
        update_report(fresh, page, wanted)
    assert "\n" not in str(caught.value)
    assert files(page) == before


def test_a_page_that_is_not_there_is_not_updated(records: Records, page: Path) -> None:
    fresh = {"generator-all": records["generator-all"]}
    beside = page.parent / "results" / "records.json"
    for text in ("{", "[]", "{}", '{"combination": {}}'):
        beside.write_text(text)
        refused(fresh, page, ["Ablations, trained"], "records.json does not hold the records of a page; write the")
    beside.unlink()
    refused(fresh, page, ["Ablations, trained"], "records.json cannot be updated .No such file.*write the whole page")
    page.unlink()
    refused(fresh, page, ["Ablations, trained"], "results.md cannot be updated .No such file.*without --section")


def test_unknown_sections_and_sections_without_records_are_refused(records: Records, page: Path) -> None:
    fresh = {"generator-all": records["generator-all"]}
    refused(fresh, page, ["Ablations, trained", "Magic"], "begins with 'Magic'; there are What was wanted.*; Commands")
    same = {"unet-rater": records["unet-rater"]}
    refused(same, page, ["Ablations, trained"], "no record for the section 'Ablations, trained anew")


def test_other_weights_and_data_are_refused(records: Records, page: Path) -> None:
    def one(name: str, **values: Any) -> Records:
        return {name: changed(records[name], **values)}

    other = {"sha256": "1" * 64}
    refused(one("noise-10", **other), page, ["Other users"], "'noise-10' was made with other weights .SHA-256 111111")
    refused(one("masks-brains", **other), page, ["Other organs"], "'masks-brains' was made with other weights")
    refused(one("loss-full", **other), page, ["What each"], "two different networks called 'compact'")
    again = changed(records["unet-rater"])
    again["trained"][0]["steps"] = 5000
    refused({"unet-rater": again}, page, ["Training"], "and 'unet-rater' were made with two different .*'unet-0'")
    data = {"files": ["test.npz"]}
    for name in ("noise-10", "generator-all", "masks-brains"):
        refused(one(name, **data), page, ["Training"], f"{name!r} was made with other data .test.npz. than the page")
    new = {"masks-hearts": changed(records["masks-brains"], files=["hearts"])}
    update_report(new, page, ["Other organs"])
    assert "\n| hearts |" in page.read_text()


def test_networks_of_their_own_may_have_other_weights(records: Records, page: Path) -> None:
    own = {"weights": "generator-all", "sha256": "1" * 64}
    update_report({"generator-all": changed(records["generator-all"], **own)}, page, ["Ablations, trained"])
    assert json.loads((page.parent / "results" / "records.json").read_text())["generator-all"]["sha256"] == "1" * 64


def test_cases_that_are_gone_are_asked_for(records: Records, page: Path) -> None:
    fresh = {"loss-full": records["loss-full"]}
    refused(fresh, page, ["What each term"], "needs the single cases of the record 'loss-full-alone'.*measure")


def test_sections_that_would_be_out_of_date_are_named(records: Records, page: Path) -> None:
    fresh = {name: changed(records[name]) for name in records if not name.startswith("generator-")}
    fresh["fusion-embedding-rater"]["dice_best_on_screen"][0] = 0.5
    refused(fresh, page, ["Other users"], "change other sections too; name them as well: Two fusions[.]$")
    fresh["policy"]["policy"]["all_users"]["gain"] = 0.0111
    refused(fresh, page, ["Two fusions"], "What was wanted, and what was reached; The profile: first.*[.]$")
