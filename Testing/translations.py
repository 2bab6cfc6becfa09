"""Bring the translations up to date with the texts in the code: `make translations`.

    python Testing/translations.py [LANGUAGE-COUNTRY]...

Every file `SPASegmentLib/translations/SPA_*.ts` gets the texts that it lacks, marked as unfinished, and loses those
that are gone; what has been translated stays. A language that is named and has no file gets one. Qt's own lupdate does
it, on what `collected` finds. What is left to do is printed.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "SPASegmentLib" / "translations"
#: What speaks to users of the effect and of the viewer. Research speaks English.
PLACES = (ROOT / "SPASegment", ROOT / "SPASegmentLib")
LEFT_OUT = ("research", "training", "commands", "cli.py")
PAGES = {"viewer.page": ("viewer/page/page.html", "viewer/page/ended.html", "viewer/page/loading.html")}


def sources() -> Iterator[Path]:
    """The Python files with texts for users."""
    for place in PLACES:
        for path in sorted(place.rglob("*.py")):
            if path.relative_to(place).parts[0] not in LEFT_OUT:
                yield path


def context(path: Path) -> str:
    """What Slicer calls the context of a file: package and file, the file alone outside of packages."""
    beside = (path.parent / "__init__.py").exists()
    return f"{path.parent.name}.{path.stem}" if beside else path.stem


def marked(source: str) -> Iterator[str]:
    """The texts that a Python file hands to `_`."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args):
            continue
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            yield node.args[0].value


def collected() -> Dict[str, List[str]]:
    """The texts of each context, in their order."""
    found: Dict[str, List[str]] = {}
    for path in sources():
        texts = list(dict.fromkeys(marked(path.read_text(encoding="utf-8"))))
        if texts:
            found[context(path)] = texts
    for name, pages in PAGES.items():
        html = "\n".join((ROOT / "SPASegmentLib" / page).read_text(encoding="utf-8") for page in pages)
        texts = (" ".join(text.split()) for text in re.findall(r"\[\[(.+?)\]\]", html, re.DOTALL))
        found[name] = list(dict.fromkeys(texts))
    return found


def messages(path: Path) -> Iterator[Tuple[str, str, str]]:
    """Context, English text and translation of a .ts file; the translation is empty where it is unfinished."""
    for each in ElementTree.parse(path).iter("context"):
        for message in each.iter("message"):
            translation = message.find("translation")
            done = translation is not None and translation.get("type") is None
            yield (
                each.findtext("name") or "",
                message.findtext("source") or "",
                (translation.text or "") if done else "",
            )


def update(path: Path) -> None:
    """Let lupdate merge what is in the code into a .ts file."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, texts in collected().items():
            file = Path(folder) / f"{name}.py"
            file.write_text("".join(f"translate({name!r}, {_quoted(text)})\n" for text in texts), encoding="utf-8")
            names.append(str(file))
        language = path.stem.split("_")[1].replace("-", "_")
        options = ["-no-obsolete", "-locations", "none", "-source-language", "en", "-target-language", language]
        lupdate = Path(sys.executable).parent / "pyside6-lupdate"
        done = subprocess.run([str(lupdate), *names, *options, "-ts", str(path)], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)


def _quoted(text: str) -> str:
    """A text as lupdate reads it in Python."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def main() -> None:
    """Update all files, and those of the languages named."""
    new = [FOLDER / f"SPA_{name}.ts" for name in sys.argv[1:]]
    for path in sorted({*FOLDER.glob("SPA_*.ts"), *new}):
        update(path)
        left = [(name, text) for name, text, translation in messages(path) if not translation]
        print(f"{path.relative_to(ROOT)}: {len(left)} texts are not translated yet")
        for name, text in left:
            print(f"  {name}: {text}")


if __name__ == "__main__":
    main()
