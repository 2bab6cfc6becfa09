"""Translations are complete, fit their texts, and are read by SPA as by Qt; Slicer's own tool finds every text."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Testing"))
import translations as tool  # noqa: E402

from SPASegmentLib import translation  # noqa: E402

FILES = sorted(tool.FOLDER.glob("SPA_*.ts"))
HOW = """
{file} lacks translations of {count} texts, or has texts that are gone:
{texts}
What to do (CONTRIBUTING.md, "Add a translation"):
  1. make translations              brings the file up to date; new texts are marked type="unfinished"
  2. write the translation between <translation> and </translation>, keep what is in {{braces}} and <tags> as it is,
     and take type="unfinished" away
  3. pytest Testing/repository/test_translations.py
"""


def of(path: Path) -> Dict[Tuple[str, str], str]:
    return {(context, text): translated for context, text, translated in tool.messages(path)}


@pytest.fixture(scope="module")
def wanted() -> Set[Tuple[str, str]]:
    """All texts in the code."""
    return {(context, text) for context, texts in tool.collected().items() for text in texts}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_everything_is_translated(path: Path, wanted: Set[Tuple[str, str]]) -> None:
    found = of(path)
    wrong = [pair for pair in wanted if not found.get(pair)] + [pair for pair in found if pair not in wanted]
    texts = "\n".join(f"  {context}: {text}" for context, text in sorted(wrong))
    assert not wrong, HOW.format(file=path.relative_to(ROOT), count=len(wrong), texts=texts)


def places(text: str) -> List[Tuple[str, str, str]]:
    """Placeholders with their formats, in alphabetical order."""
    parts = string.Formatter().parse(text)
    return sorted((name, spec or "", conversion or "") for _text, name, spec, conversion in parts if name is not None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_placeholders_tags_and_ends_agree(path: Path) -> None:
    for (context, text), translated in of(path).items():
        about = f"{context}: {text!r} -> {translated!r}"
        assert set(places(text)) == set(places(translated)), about
        assert sorted(re.findall(r"</?\w+", text)) == sorted(re.findall(r"</?\w+", translated)), about
        assert text.count("\n\n") == translated.count("\n\n"), about
        assert translated == translated.strip() and (text[-1] in ".?") == (translated[-1] in ".?…"), about
        if context == "viewer.page":
            assert not set("\"'\\[]") & set(translated), (
                f"a straight quotation mark or bracket ends a string: {about}"
            )


def early(path: Path) -> Iterator[str]:
    """Texts of a Python file that are looked up when it is imported."""

    def inside(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                yield child
                yield from inside(child)

    for node in inside(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_no_text_is_looked_up_before_the_language_is_known() -> None:
    """The viewer learns it from the browser that opens the page, when everything is imported."""
    files = [path for folder in ("SPASegmentLib", "SPASegment") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    assert [place for path in files for place in early(path)] == []


def test_german_speaks_like_a_person() -> None:
    """The words of the buttons are those that messages name, and nothing is left in English by mistake."""
    german = translation.catalogue("de")
    same = {
        text for (_context, text), translated in german.items() if text == translated and re.search("[a-z]{4}", text)
    }
    assert same <= {
        "{area} mm2", "{percent} %", "Phantom", "anterior", "posterior", "superior", "inferior", "Axial", "Sagittal",
        "axial", "sagittal", "Name:",
        "ONNX Runtime {version}", "PyTorch {version}", "{size}, {place}", "Enter",
    }  # fmt: skip
    button = german["SegmentEditorSPALib.OptionsPanel", "Start from the segment"]
    assert button in german["SegmentEditorSPALib.Target", "Without it: Start from the segment."]
    section = german["SegmentEditorSPALib.RuntimeSection", "Runtime"]
    named = [text for (context, text) in german if context.endswith("Installation") and "module SPA, Runtime" in text]
    assert named and all(section in german["SegmentEditorSPALib.Installation", text] for text in named)


def by_slicer(source: str) -> Set[str]:
    """What Slicer's update_translations.py hands to lupdate: `_(` and a string, by its expressions."""
    found: Set[str] = set()
    for quote in ('"', "'"):
        for call in re.findall(rf"[^_]_\((\s*?{quote}.+?{quote}\s*?)\)", source, re.DOTALL):
            try:
                found.add(ast.literal_eval(f"({call})"))
            except (SyntaxError, ValueError):
                continue
    return found


@pytest.mark.parametrize("path", list(tool.sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_slicer_s_tool_finds_every_text(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert set(tool.marked(source)) - by_slicer(source) == set()


def chains(tree: ast.AST) -> Iterator[List[ast.expr]]:
    """The operands of every sum."""
    inner: Set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and id(node) not in inner:
            parts: List[ast.expr] = []
            todo: List[ast.expr] = [node]
            while todo:
                each = todo.pop()
                if isinstance(each, ast.BinOp) and isinstance(each.op, ast.Add):
                    inner.add(id(each))
                    todo += [each.right, each.left]
                else:
                    parts.append(each)
            yield parts


def concatenated(source: str) -> List[int]:
    """Lines where a text for users is put together with letters of another one."""

    def is_text(node: ast.AST) -> bool:
        return any(
            isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "_" for n in ast.walk(node)
        )

    def has_letters(node: ast.AST) -> bool:
        constants = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        return not is_text(node) and any(re.search("[A-Za-z]", re.sub("<[^>]*>", "", value)) for value in constants)

    tree = ast.parse(source)
    lines = [parts[0].lineno for parts in chains(tree) if any(map(is_text, parts)) and any(map(has_letters, parts))]
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and is_text(node):
            constants = [n.value for n in node.values if isinstance(n, ast.Constant)]
            lines += [node.lineno] if any(re.search("[A-Za-z]", value) for value in constants) else []
    return lines


@pytest.mark.parametrize("path", list(tool.sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_is_put_together_from_pieces(path: Path) -> None:
    assert concatenated(path.read_text(encoding="utf-8")) == []


def test_the_search_for_pieces_finds() -> None:
    assert concatenated('x = _("Delete") + " the segment"') == [1]
    assert concatenated("x = f\"{_('Round')} of {n}\"") == [1]
    assert concatenated('x = _("One sentence.") + " " + _("Another one.")') == []


def without_marked(page: str) -> str:
    return re.sub(r"\[\[.+?\]\]", "", page, flags=re.DOTALL)


class Words(HTMLParser):
    """Visible words and labels of a page that are not marked."""

    def __init__(self) -> None:
        super().__init__()
        self.unmarked: List[str] = []
        self._in: List[str] = []

    def handle_starttag(self, tag: str, attributes: List[Tuple[str, str]]) -> None:
        self._in.append(tag)
        for name, value in attributes:
            if name in ("title", "aria-label", "alt", "placeholder"):
                self._check(value or "")
            elif name.lstrip(":") in ("title", "aria-label"):
                for text in re.findall(r"'([^']*)'", value or ""):
                    self._check(text)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._in:
            while self._in.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"kbd", "code", "svg"} & set(self._in):
            outside = re.sub(
                r"\{\{(.*?)\}\}", lambda m: " ".join(re.findall(r"'([^']*)'", m.group(1))), data, flags=re.S
            )
            self._check(outside)

    def _check(self, text: str) -> None:
        if re.search(r"[A-Za-z]{2}", text.replace("mm", "").replace("SPA", "").replace("3D", "")):
            self.unmarked.append(text.strip())


@pytest.mark.parametrize("name", ["page.html", "ended.html", "loading.html"])
def test_every_word_of_the_page_is_marked(name: str) -> None:
    words = Words()
    words.feed(without_marked((ROOT / "SPASegmentLib/viewer/page" / name).read_text(encoding="utf-8")))
    assert words.unmarked == []
    words.feed(without_marked("<p title=\"Yes\">Hello {{ x || 'none' }} [[there]]</p>"))
    assert words.unmarked == ["Yes", "Hello none"]


def test_the_page_s_script_says_nothing_by_itself() -> None:
    script = (ROOT / "SPASegmentLib/viewer/page/page.js").read_text(encoding="utf-8")
    assert re.findall(r"(?:alert|confirm)\((?:fill\()?([^)]*\))", script) == [
        'say("refused")',
        'say("unreadable")',
        'say("unreachable")',
        'say("unreachable")',
        'say("unsaved")',
    ]


def test_languages_are_picked_by_what_is_there() -> None:
    assert translation.languages() == ("en", "de")
    assert translation.pick(["de-AT", "en"]) == "de" and translation.pick(["de_DE"]) == "de"
    assert translation.pick(["fr", "en-GB", "de"]) == "en" and translation.pick([""]) == translation.pick([]) == "en"
    assert translation.translator("de")("mrml.editor", "There is nothing to undo.").startswith("Es gibt nichts")
    assert translation.translator("de")("mrml.editor", "unknown") == "unknown"
    assert translation.catalogue("en") == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_qt_reads_the_file_as_spa_does(path: Path, tmp_path: Path) -> None:
    """Slicer's Language Packs compile such files with lrelease."""
    core = pytest.importorskip("PySide6.QtCore")
    compiled = tmp_path / "SPA.qm"
    lrelease = Path(sys.executable).parent / "pyside6-lrelease"
    subprocess.run([str(lrelease), "-silent", str(path), "-qm", str(compiled)], check=True)
    translator = core.QTranslator()
    assert translator.load(str(compiled))
    for (context, text), translated in of(path).items():
        assert translator.translate(context, text) == translated


def test_the_tool_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new text comes in as unfinished, a text that is gone goes, the others stay."""
    (path,) = FILES
    copy = tmp_path / path.name
    text = path.read_text(encoding="utf-8").replace(
        "<source>Nothing learned yet.</source>", "<source>Gone.</source>", 1
    )
    assert "<source>Gone.</source>" in text
    copy.write_text(text, encoding="utf-8")
    tool.update(copy)
    before, after = of(path), of(copy)
    assert set(before) == set(after)
    assert {pair for pair in after if after[pair] != before[pair]} == {("viewer.facts", "Nothing learned yet.")}
    assert after["viewer.facts", "Nothing learned yet."] == ""
