"""Do the tests notice? One operator at a time is changed in the library, and the tests that run its line are run.

    python Testing/mutation.py --count 100 --seed 0 --jobs 2 --kept FOLDER

Which tests run a line is found out first, by one run of each file of tests. Every change is made in a copy of the
checkout. What no test notices is listed; changes that are known to change nothing stand in equivalent_mutants.txt,
each with its reason. Exit status 1 where something was missed.

A run that was interrupted goes on where it was when it is given the same folder. After a change of the code or of the
tests, take another one, or remove `found.txt` in it, and `lines/NAME` for every file of tests that has changed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence

ROOT = Path(__file__).resolve().parents[1]
#: Part of the library -> folders of its tests. The conversation stands in mrml; what it does is tested by contract.
FOLDERS = {"interaction": ("interaction",), "mrml": ("mrml", "contract"), "model": ("model",)}
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.txt")
#: What pytest's exit status is where all tests are left out.
NO_TESTS = 5
#: Seconds of processor time and bytes for one test run; a change that makes it endless has been noticed.
SECONDS, MEMORY = 600, 8 * 2**30

#: Every run of tests is a fork of a process that has these imported; nothing of the library, which the copy gives.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["numpy", "onnxruntime", "pydicom", "pytest", "scipy.ndimage", "slicer", "torch"])

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
        """As it stands in the list of those that change nothing: without the line's number, which others move."""
        return f"{self.path}: {self.before} -> {self.after}"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.before} -> {self.after}"


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
    """So many changes, drawn evenly from all of the folders; those of code that stays are drawn again later."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / "SPASegmentLib" / folder).rglob("*.py"))
    every = [mutant for path in paths for mutant in mutants_of(path)]
    return sorted(every, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.name}".encode()).digest())[:count]


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


def pytest(copy: Path, *arguments: str, limited: bool = False, kept: Path = Path(os.devnull)) -> int:
    """Run tests in a copy of the checkout, where coverage is asked for with its data in a file; the exit status.

    Args:
        copy: of the checkout.
        arguments: of pytest.
        limited: whether they end after `SECONDS` and at `MEMORY`.
        kept: file for the data of the coverage.
    """
    run = PROCESSES.Process(target=_pytest, args=(copy, arguments, limited, kept))
    run.start()
    run.join()
    return int(run.exitcode or 0)


def _pytest(copy: Path, arguments: Sequence[str], limited: bool, kept: Path) -> None:
    """In a process that has imported nothing of the library yet, but what takes long to import."""
    if limited:
        # What a machine is busy with besides does not count.
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True
    os.environ.update(
        PYTHONPATH=os.pathsep.join(filter(None, (str(copy), os.environ.get("PYTHONPATH")))),
        PYTHONDONTWRITEBYTECODE="1", OMP_NUM_THREADS="1", COVERAGE_FILE=str(kept),
    )  # fmt: skip
    import pytest

    # Of the front ends of the contract the quickest: the conversation alone.
    chosen = ["-m", "not slow and not viewer and not e2e", "-k", "not desktop"]
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *chosen, *arguments]))


def lines_and_tests(kept: Path) -> Lines:
    """Which tests run a line, from what lies in a folder, and from a run of each file of tests that nothing is of.

    Raises:
        SystemExit: a test fails as things are.
    """
    from coverage import CoverageData

    kept.mkdir(parents=True, exist_ok=True)
    folders = [ROOT / "Testing" / folder for tests in FOLDERS.values() for folder in tests]
    files = [path.relative_to(ROOT) for folder in folders for path in sorted(folder.rglob("test_*.py"))]
    lines: Lines = {}
    with checkout() as copy:
        for n, file in enumerate(files, 1):
            place = kept / file.with_suffix("").as_posix().replace("/", "-")
            if not place.exists():
                print(f"{n} of {len(files)} files of tests: {file}", flush=True)
                _measure(copy, file, place)
            data = CoverageData(str(place))
            data.read()
            for name in data.measured_files():
                known = lines.setdefault(name.split(f"{os.sep}copy{os.sep}")[-1], {})
                for line, tests in data.contexts_by_lineno(name).items():
                    known.setdefault(line, []).extend(tests)
    return lines


def _measure(copy: Path, file: Path, place: Path) -> None:
    """Keep which of a file's tests run which lines."""
    unfinished = place.with_name(f"{place.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    cover = ("--cov=SPASegmentLib", "--cov-context=test", "--cov-report=")
    if pytest(copy, str(file), *cover, kept=unfinished) not in (0, NO_TESTS):
        raise SystemExit(f"A test of {file} fails without any change; mend it first.")
    unfinished.replace(place)


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
        steps.append([f"Testing/{folder}" for folder in FOLDERS[place.parts[1]]])
    return steps


def noticed(mutant: Mutant, lines: Lines, copy: Path) -> bool:
    """Whether a test fails with this change, in a copy of the checkout that is as before afterwards."""
    place = copy / mutant.path
    before = place.read_text(encoding="utf-8")
    place.write_text(mutant.text, encoding="utf-8")
    try:
        return any(pytest(copy, "-x", *tests, limited=True) for tests in tests_for(mutant, lines))
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
    parser.add_argument("--kept", type=Path, help="folder for what has been found out; made if it is not there")
    options = parser.parse_args()
    reasons = known()
    mutants = [mutant for mutant in sample(options.count, options.seed) if mutant.name not in reasons]
    with tempfile.TemporaryDirectory() as folder:
        kept = (options.kept or Path(folder)).absolute()
        lines = lines_and_tests(kept / "lines")
        found = check(mutants, lines, kept / "found.txt", options.jobs)
    missed = sorted(name for name, seen in found.items() if not seen)
    print("\n".join(["", *(f"MISSED   {name}" for name in missed)]))
    equivalent = options.count - len(mutants)
    print(f"{len(found) - len(missed)} noticed, {len(missed)} missed, {equivalent} known to change nothing")
    return 1 if missed else 0


def check(mutants: List[Mutant], lines: Lines, kept: Path, jobs: int) -> Dict[str, bool]:
    """Name of each change -> whether a test notices it; what a file holds from before is not found out again."""
    before = [line.split("  ", 1) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    earlier = {name.strip(): seen == "noticed" for seen, name in before}
    found = {str(mutant): earlier[str(mutant)] for mutant in mutants if str(mutant) in earlier}
    left = [mutant for mutant in mutants if str(mutant) not in found]

    def work(share: List[Mutant]) -> None:
        with checkout() as copy:
            for mutant in share:
                seen = noticed(mutant, lines, copy)
                found[str(mutant)] = seen
                line = f"{'noticed' if seen else 'MISSED'}  {mutant}\n"
                with kept.open("a", encoding="utf-8") as file:
                    file.write(line)
                print(f"{len(found)} of {len(mutants)}: {line}", end="", flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(work, [left[n::jobs] for n in range(jobs)]))
    return found


if __name__ == "__main__":
    sys.exit(main())
