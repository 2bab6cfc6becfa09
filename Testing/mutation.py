"""Do the tests notice? One operator at a time is changed in the library, and the tests that run its line are run.

    python Testing/mutation.py --count 100 --seed 0 --jobs 2

Which tests run a line is found out first, by one run of all tests of the folders (--lines FILE keeps that for the next
time). Every change is made in a copy of the checkout. What no test notices is listed; changes that are known to change
nothing stand in equivalent_mutants.txt, each with its reason. Exit status 1 where something was missed.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("interaction", "mrml", "model")
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.txt")
#: Seconds for one test run; a change that makes it endless has been noticed.
LIMIT = 900

#: File -> line -> the tests that run it: "test|run", "test|setup" for what prepares it, "" for the import.
Lines = Dict[str, Dict[int, List[str]]]

COMPARISONS = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not",
    ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
OPERATORS = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.BitAnd: "|", ast.BitOr: "&",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A change of one line.

    Attributes:
        path: of the file, relative to the checkout.
        line: its number, from 1.
        before, after: the piece that is changed.
        text: the whole file afterwards.
    """

    path: str
    line: int
    before: str
    after: str
    text: str

    @property
    def name(self) -> str:
        """As it is listed: without the line's number, which other changes move."""
        return f"{self.path}: {self.before} -> {self.after}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All changes of a file."""
    source = path.read_text(encoding="utf-8")
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    data = source.encode()
    for node in _code(ast.parse(source)):
        after = _changed(node)
        if after is not None:
            first = starts[node.lineno - 1] + node.col_offset
            last = starts[node.end_lineno - 1] + node.end_col_offset
            text = (data[:first] + f"({after})".encode() + data[last:]).decode()
            before = " ".join(data[first:last].decode().split())
            yield Mutant(path.relative_to(ROOT).as_posix(), node.lineno, before, after, text)


def _code(node: ast.AST) -> Iterator[ast.expr]:
    """All expressions that run: no annotations, no texts for people, no decorators."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, (ast.JoinedStr, ast.Raise)) or not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.expr):
                yield child
            yield from _code(child)


def _changed(node: ast.expr) -> Optional[str]:
    """The expression with its operator changed, None where it has none."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        return f"({left}) {COMPARISONS[type(node.ops[0])]} ({right})"
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            return None
        return f"({ast.unparse(node.left)}) {OPERATORS[type(node.op)]} ({ast.unparse(node.right)})"
    if isinstance(node, ast.BoolOp):
        word = " or " if isinstance(node.op, ast.And) else " and "
        return word.join(f"({ast.unparse(value)})" for value in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        return ast.unparse(node.operand)
    return None


def sample(count: int, seed: int) -> List[Mutant]:
    """So many changes, drawn evenly from all of the folders."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / "SPASegmentLib" / folder).rglob("*.py"))
    every = [mutant for path in paths for mutant in mutants_of(path)]
    return random.Random(seed).sample(every, min(count, len(every)))


@contextmanager
def checkout() -> Iterator[Path]:
    """A copy of the checkout."""
    with tempfile.TemporaryDirectory(prefix="spa-mutants-") as folder:
        copy = Path(folder) / "copy"
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for file in listed.splitlines():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, copy / file)
        yield copy


def pytest(copy: Path, *arguments: str, limit: Optional[float] = None, kept: Path = Path(os.devnull)) -> int:
    """Run tests in a copy of the checkout, where coverage is asked for with its data in a file; the exit status.

    Raises:
        subprocess.TimeoutExpired: they take longer than so many seconds.
    """
    paths = os.pathsep.join(filter(None, (str(copy), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["COVERAGE_FILE"] = str(kept)
    chosen = "not slow and not viewer and not e2e"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", chosen, *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=limit).returncode


def lines_and_tests(kept: Path) -> Lines:
    """Which tests run a line, from a file that an earlier run has kept, or from a run of all tests of the folders.

    Raises:
        SystemExit: a test fails as things are.
    """
    from coverage import CoverageData

    if not kept.exists():
        cover = ("--cov=SPASegmentLib", "--cov-context=test", "--cov-report=")
        with checkout() as copy:
            if pytest(copy, *(f"Testing/{folder}" for folder in FOLDERS), *cover, kept=kept):
                raise SystemExit("A test fails without any change; mend it first.")
    data = CoverageData(str(kept))
    data.read()
    place = f"{os.sep}copy{os.sep}"
    return {name.split(place)[-1]: data.contexts_by_lineno(name) for name in data.measured_files()}


def tests_for(mutant: Mutant, lines: Lines) -> List[List[str]]:
    """What to run, one after the other until something fails.

    First the tests that run the line, those of the file before the others. What runs at import, or in fixtures alone,
    which several tests may share, is seen by more tests than those: then the whole folder follows.
    """
    place = Path(mutant.path)
    known = lines.get(mutant.path, {})
    # Of a statement over several lines some have no entry of their own.
    found = next((known[line] for line in range(mutant.line, 0, -1) if line in known), [""])
    direct = {name.partition("|")[0] for name in found if name}
    own = f"/test_{place.stem}.py"
    steps = [sorted(direct, key=lambda name: (own not in name, name))] if direct else []
    if "" in found or not any(name.endswith("|run") for name in found):
        steps.append([(Path("Testing") / place.relative_to("SPASegmentLib").parts[0]).as_posix()])
    return steps


def noticed(mutant: Mutant, lines: Lines, copy: Path) -> bool:
    """Whether a test fails with this change, in a copy of the checkout that is as before afterwards."""
    place = copy / mutant.path
    before = place.read_text(encoding="utf-8")
    place.write_text(mutant.text, encoding="utf-8")
    try:
        return any(pytest(copy, "-x", *tests, limit=LIMIT) for tests in tests_for(mutant, lines))
    except subprocess.TimeoutExpired:
        return True
    finally:
        place.write_text(before, encoding="utf-8")


def known() -> Dict[str, str]:
    """Changes that change nothing, and why: lines "NAME  # REASON"."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    pairs = (line.rsplit("  # ", 1) for line in lines if "  # " in line)
    return {name.strip(): reason.strip() for name, reason in pairs}


def main() -> int:
    """Check the changes that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--lines", type=Path, help="what is known of which tests run a line; made if it is not there")
    options = parser.parse_args()
    reasons = known()
    mutants = [mutant for mutant in sample(options.count, options.seed) if mutant.name not in reasons]
    missed: List[Mutant] = []
    with tempfile.TemporaryDirectory() as folder:
        lines = lines_and_tests((options.lines or Path(folder) / "lines").absolute())

    def work(share: List[Mutant]) -> None:
        with checkout() as copy:
            for mutant in share:
                seen = noticed(mutant, lines, copy)
                what = f"{mutant.path}:{mutant.line}: {mutant.before} -> {mutant.after}"
                print(f"{'noticed' if seen else 'MISSED '}  {what}", flush=True)
                if not seen:
                    missed.append(mutant)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(work, [mutants[n :: options.jobs] for n in range(options.jobs)]))
    equivalent = options.count - len(mutants)
    print(f"{len(mutants) - len(missed)} noticed, {len(missed)} missed, {equivalent} known to change nothing")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
