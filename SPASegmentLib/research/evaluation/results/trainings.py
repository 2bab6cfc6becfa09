"""Tables of what trainings differ in, and of what they took; each takes all records and leaves out what is missing."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Tuple

from SPASegmentLib.research.evaluation.baselines.curve import ending
from SPASegmentLib.research.evaluation.results import paper
from SPASegmentLib.research.evaluation.results.cells import Records, at, bare, precise, signed
from SPASegmentLib.research.evaluation.results.plan import ABLATIONS, GENERATORS, LOSSES
from SPASegmentLib.research.evaluation.results.records import Record, paired
from SPASegmentLib.research.evaluation.results.tables import PAPER, published_ablation
from SPASegmentLib.research.markdown import Lines, number, percent, table

#: Figures and rounds that trainings are compared by, and their heads.
COMPARED = {"dice_recommended": (1, 3, 6), "dice_best_on_screen": (1, 6)}
HEAD = ("round 1", "round 3", "round 6", "on screen, 1", "on screen, 6")
#: Sets beside LIDC-IDRI that `make widening` measures.
WIDENED = ("volumes", "hippocampus", "sarcoma")
#: Of the records protocol-SPLIT-USER, the user's name -> how that user answers.
PROTOCOL = {"candidate": "a candidate", "oracle": "a candidate, and a point with the true label (**oracle**)"}


def generators(records: Records) -> Lines:
    """Networks trained with the part of the generator that they are used with, and their difference to the whole."""
    found = {row: records[f"generator-{part}"] for part, row in GENERATORS.items() if f"generator-{part}" in records}
    rows = [[ABLATIONS[row][0], *_compared(r), published_ablation(row)] for row, r in found.items()]
    whole = found.pop("amortised", None)
    gaps = [] if whole is None else [[ABLATIONS[row][0], *_minus(r, whole)] for row, r in found.items()]
    return [*table(["", *HEAD, PAPER], rows), *_gaps("Minus all three, paired:", [""], gaps)]


def losses(records: Records) -> Lines:
    """What the terms of the loss buy: trainings without them, and their difference to the full loss on equal cases."""
    values, gaps = [], []
    for name, suffix in ((name, suffix) for name in LOSSES for suffix in ("-alone", "")):
        r, full = records.get(f"loss-{name}{suffix}"), records.get(f"loss-full{suffix}")
        if r is not None:
            words = [left_out(LOSSES[name]), "no" if suffix else "yes"]
            once = [precise(r["first_round"].get(key)) for key in ("ged_48", "dice_max")]
            values.append([*words, *_compared(r, show=bare), *once])
            gaps += [[*words, *_minus(r, full)]] if full is not None and full is not r else []
    head = ["loss", "shape latents"]
    lines = table([*head, *HEAD, "GED^2, 48", "Dice-max of raters"], values, words=2)
    return [*lines, *_gaps("Minus the full loss, paired:", head, gaps)]


def fusions(records: Records) -> Lines:
    """The two fusions on equal cases, and the paper's minus the other one."""
    values, gaps = [], []
    for protocol in ("combination", "rater"):
        token, embedding = records.get(protocol), records.get(f"fusion-embedding-{protocol}")
        if token is not None and embedding is not None:
            for name, r in (("token", token), ("embedding", embedding)):
                values.append([protocol, name, *_compared(r), precise(r["first_round"].get("ged_48"))])
            gaps.append([protocol, "embedding minus token", *_minus(embedding, token), ""])
    return table(["target", "fusion", *HEAD, "GED^2, 48"], [*values, *gaps], words=2)


def widening(records: Records) -> Lines:
    """LIDC-IDRI alone against the whole mixture of sources, at equal steps: ``make widening``."""
    pairs = {"lidc": ("loss-full", "widening-lidc-widened")}
    pairs.update({name: (f"widening-{name}-alone", f"widening-{name}-widened") for name in WIDENED})
    rows = []
    for name, (alone, widened) in pairs.items():
        if alone in records and widened in records:
            a, b, key = records[alone], records[widened], "dice_recommended"
            gap = paired(b, a, key, key)
            for j in (1, a["rounds"]):
                cells = [*at(a, key, j, show=bare), *at(b, key, j, show=bare), *at(gap, "difference", j, show=signed)]
                rows.append([name, gap["n"], j, *cells])
    return table(["set", "cases", "round", "LIDC-IDRI alone", "all sources", "difference, paired"], rows)


def protocol(records: Records) -> Lines:
    """The paper's protocol by two trainings on the same slices, and their paired difference: ``make protocol``."""
    rows, key = [], "dice_recommended"
    for name, words in PROTOCOL.items():
        patients, slices = (records.get(f"protocol-{split}-{name}") for split in ("patients", "slices"))
        if patients is not None and slices is not None:
            gap = paired(slices, patients, key, key)
            for theirs, j in zip(paper.TABLE_1["spa"], (1, 3)):
                cells = [*at(patients, key, j), *at(slices, key, j), *at(gap, "difference", j, show=signed)]
                rows.append([words, gap["n"], j, *cells, number(theirs if name == "oracle" else None)])
    head = ["user", "cases", "round", "split by patient", "split by slice", "by slice minus by patient", "paper"]
    return table(head, rows)


def budgets(records: Records) -> Lines:
    """What the networks were trained with."""
    found: Dict[str, Tuple[str, ...]] = {"SPA": ("combination", "rater", "policy")}
    found.update({f"SPA, loss {left_out(terms)}": (f"loss-{n}", f"loss-{n}-alone") for n, terms in LOSSES.items()})
    found.update({f"SPA, preference generator: {part}": (f"generator-{part}",) for part in GENERATORS})
    found["SPA, embedding fusion"] = ("fusion-embedding-combination",)
    found.update({f"SPA, split by {one}": (f"protocol-{one}-candidate",) for one in ("patients", "slices")})
    rows, history = [], []
    for words, names in found.items():
        record: Record = next((records[name] for name in names if name in records), {})
        if record.get("training"):
            rows.append(_budget(record["weights"], words, record["parameters"], record["training"]))
            if words == "SPA" and record.get("history"):
                history = [f"`{record['weights']}`: {record['history']}", ""]
    cards = {card["name"]: card for record in records.values() for card in record.get("trained", ())}
    rows += [_budget(name, card["description"], card["parameters"], card) for name, card in sorted(cards.items())]
    head = ["network", "what", "parameters", "steps", "crops seen", "core minutes", "kept-out Dice, last points"]
    return [*table(head, rows, words=2), *history]


def left_out(terms: Sequence[str]) -> str:
    """What a training with a part of the loss is called."""
    if len(terms) > 1:
        return "recommended prediction alone (the released code's loss)"
    return f"without {terms[0].replace('_', ' ')}" if terms else "full"


def _budget(name: str, words: str, parameters: float, training: Record) -> List[Any]:
    """A row of a network: what it is, its size, and what its training took."""
    steps, seconds, last = training["steps"], training.get("core_seconds"), training.get("last_run") or {}
    minutes = "-"
    if seconds:
        minutes = f"{seconds / 60:.0f}"
    elif last.get("steps") == steps and "1 threads" in training["machine"]:
        minutes = f"< {last['seconds'] / 60:.0f}"  # on the clock: an older card says no more
    crops = steps * training["batch"] * (training.get("processes") or 1)
    return [name, words, f"{parameters / 1e6:.2f} M", steps, crops, minutes, ending(training.get("curve", ())) or "-"]


def _compared(record: Record, show: Callable[..., str] = percent) -> List[str]:
    return [text for key, rounds in COMPARED.items() for text in at(record, key, *rounds, show=show)]


def _minus(a: Record, b: Record) -> List[str]:
    """What a reaches more than b on the cases that both have, in the columns of `COMPARED`."""
    gaps = {key: paired(a, b, key, key) for key in COMPARED}
    return [text for key, rounds in COMPARED.items() for text in at(gaps[key], "difference", *rounds, show=signed)]


def _gaps(caption: str, words: Sequence[str], gaps: Sequence[Sequence[str]]) -> Lines:
    return [caption, "", *table([*words, *HEAD], gaps, len(words))] if gaps else []
