"""Do the tests notice? One operator at a time is changed in the library, and the tests of its folder are run.

    python Testing/mutation.py --count 100 --seed 0 --jobs 2

Every change is made in a copy of the checkout. What no test notices is listed; changes that are known to change nothing
stand in equivalent_mutants.txt, each with its reason. Exit status 1 where something was missed.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("interaction", "mrml", "model")
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.txt")
#: Seconds for one test run; a change that makes it endless has been noticed.
LIMIT = 900

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


def tests_for(mutant: Mutant) -> List[str]:
    """Tests of the file first, then those of its folder: most changes are noticed early."""
    place = Path(mutant.path)
    folder = Path("Testing") / place.relative_to("SPASegmentLib").parts[0]
    own = sorted((ROOT / folder).rglob(f"test_{place.stem}.py"))
    return [*(path.relative_to(ROOT).as_posix() for path in own), folder.as_posix()]


def noticed(mutant: Mutant, copy: Path) -> bool:
    """Whether a test fails with this change, in a copy of the checkout that is as before afterwards."""
    place = copy / mutant.path
    before = place.read_text(encoding="utf-8")
    place.write_text(mutant.text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    chosen = "not slow and not viewer and not e2e"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", chosen]
    try:
        return any(
            subprocess.run([*command, tests], cwd=copy, env=environment, capture_output=True, timeout=LIMIT).returncode
            for tests in tests_for(mutant)
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        place.write_text(before, encoding="utf-8")


def known() -> Dict[str, str]:
    """Changes that change nothing, and why: lines "NAME  # REASON"."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    pairs = (line.rsplit("  # ", 1) for line in lines if "  # " in line)
    return {name.strip(): reason.strip() for name, reason in pairs}


def checked(mutants: List[Mutant]) -> Iterator[Tuple[Mutant, bool]]:
    """Each change and whether it was noticed; in a copy of the checkout."""
    with tempfile.TemporaryDirectory(prefix="spa-mutants-") as folder:
        copy = Path(folder) / "copy"
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for file in listed.splitlines():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, copy / file)
        for mutant in mutants:
            yield mutant, noticed(mutant, copy)


def main() -> int:
    """Check the changes that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    reasons = known()
    mutants = [mutant for mutant in sample(options.count, options.seed) if mutant.name not in reasons]
    missed: List[Mutant] = []

    def work(share: List[Mutant]) -> None:
        for mutant, seen in checked(share):
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
