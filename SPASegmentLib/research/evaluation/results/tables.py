"""The tables of docs/results.md; each takes all records and leaves out what has not been measured."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.results import paper
from SPASegmentLib.research.evaluation.results.plan import ABLATIONS, GENERATORS, LOSSES, NOISES, PREDICTIONS, UNTRAINED
from SPASegmentLib.research.evaluation.results.records import Record, paired
from SPASegmentLib.research.evaluation.statistics import bootstrap_interval

Records = Dict[str, Record]
Lines = List[str]

#: How methods are called.
NAMES = {
    "spa": "SPA (ours)",
    "resample": "resample and keep the best mask seen",
    "seed-mask": "seed-mask family (no network)",
    "consensus": "best fixed consensus (oracle)",
    "unet": "U-Net, majority vote",
    "ensemble": "ensemble of three U-Nets",
    "label-sampling": "label-sampling U-Net",
    "multi-head": "multi-head U-Net",
    "probabilistic": "Probabilistic U-Net",
    "click-network": "click-only network (in the manner of SAM)",
    "sam-u": "SAM-U (the click-only network, 9 prompts)",
}
#: How the rows of the ablation are called.
ABLATION_NAMES = {
    "random-gaussian": "random Gaussian: the prior, never moved",
    "gaussians": "+ mean and variance",
    "weights": "+ mixture weights",
    "amortised": "all three, amortised (the paper's method)",
    "bayesian": "all three, exact Bayes over choices",
    "amortised-refined": "amortised, with shape latents",
    "without-prompts": "default, but the chosen mask is not given to the network",
    "48-particles": "default, but 48 latents carry everything",
}
#: Figures and rounds that trainings are compared by, and their heads.
COMPARED = (("dice_recommended", 1), ("dice_recommended", 3), ("dice_recommended", 6), ("dice_best_on_screen", 1),
            ("dice_best_on_screen", 6))  # fmt: skip
COMPARED_HEADS = ("round 1", "round 3", "round 6", "on screen, 1", "on screen, 6")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> Lines:
    """A Markdown table; the first columns, which hold words, left, the others right."""
    align = ["---"] * words + ["---:"] * (len(head) - words)
    return ["| " + " | ".join(row) + " |" for row in (head, align, *rows)] + [""]


def percent(value: Optional[float], interval: Optional[Sequence[Optional[float]]] = None, sign: bool = False) -> str:
    """A share as percent, with its interval in brackets."""
    if value is None:
        return "-"
    text = f"{100 * value:+.1f}" if sign else f"{100 * value:.1f}"
    if interval is None or interval[0] is None or interval[1] is None:
        return text
    low, high = interval[0], interval[1]
    return f"{text} [{100 * low:+.1f}, {100 * high:+.1f}]" if sign else f"{text} [{100 * low:.1f}, {100 * high:.1f}]"


def number(value: Optional[float], interval: Optional[Sequence[float]] = None, digits: int = 2) -> str:
    """A number with its interval in brackets."""
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    return text if interval is None else f"{text} [{interval[0]:.{digits}f}, {interval[1]:.{digits}f}]"


def at(record: Record, name: str, round_: int) -> str:
    """A per-round value as percent with its interval; rounds count from 1."""
    return percent(record[name][round_ - 1], record[f"{name}_ci95"][round_ - 1])


def table_1(records: Records) -> Lines:
    """Dice after the first click and in round 3, the paper's LIDC column beside it."""
    rows = []
    for method in ("spa", *TRAINED, *UNTRAINED):
        record = records.get("combination" if method == "spa" else f"{method}-combination")
        if record is None:
            continue
        values = "dice_best_seen" if method == "resample" else "dice_recommended"
        first, third = paper.TABLE_1.get(method, (None, None))
        rows.append([NAMES[method], at(record, values, 1), at(record, values, 3), _paper(first), _paper(third)])
    return table(["method", "round 1", "round 3", "paper, 1 iteration", "paper, 3 iterations"], rows)


def _paper(value: Optional[float]) -> str:
    return "-" if value is None else f"{value:.2f}"


def by_round(records: Records, protocol: str, values: str) -> Lines:
    """Dice by round of every method."""
    rows = []
    for method in ("spa", *TRAINED, *UNTRAINED):
        record = records.get(protocol if method == "spa" else f"{method}-{protocol}")
        if record is not None:
            rows.append([NAMES[method], str(record["n_cases"]), *(at(record, values, j + 1) for j in range(6))])
    return table(["method", "n", *(f"round {j + 1}" for j in range(6))], rows)


def other_measures(records: Records, protocol: str) -> Lines:
    """IoU, best mask on screen, area under the curve and, where pixels have a size, HD95 of every method."""
    columns = [(name, j) for name in ("iou_recommended", "dice_best_on_screen") for j in (1, 3, 6)]
    found = [
        (method, record) for method in ("spa", *TRAINED, *UNTRAINED)
        if (record := records.get(protocol if method == "spa" else f"{method}-{protocol}")) is not None
    ]  # fmt: skip
    measured = [j for j in (1, 6) if any("hd95_recommended_mm" in record for _, record in found)]
    rows = []
    for method, r in found:
        cells = [at(r, name, j) for name, j in columns] + [percent(r["auc_recommended"], r["auc_recommended_ci95"])]
        for j in measured:
            far = r.get("hd95_recommended_mm")
            cells.append(number(far and far[j - 1], far and r["hd95_recommended_mm_ci95"][j - 1]))
        rows.append([NAMES[method], *cells])
    head = [f"{words}, round {j}" for words in ("IoU", "on screen") for j in (1, 3, 6)]
    return table(["method", *head, "area under Dice", *(f"HD95 in mm, round {j}" for j in measured)], rows)


def figure_4(records: Records) -> Lines:
    """Rounds to reach a Dice."""
    rows = []
    for name, method in (("combination", "spa"), ("click-network-combination", "click-network"),
                         ("sam-u-combination", "sam-u")):  # fmt: skip
        if name in records:
            noc, interval = records[name]["noc"], records[name]["noc_ci95"]
            rows.append([NAMES[method], *(number(noc[str(k)], interval[str(k)]) for k in paper.FIGURE_4_DICE)])
    for who, values in paper.FIGURE_4.items():
        rows.append([f"paper: {who}", *(f"{v:.1f}" for v in values)])
    return table(["", *(f"Dice {k:.2f}" for k in paper.FIGURE_4_DICE)], rows)


def higher_dice(records: Records) -> Lines:
    """The same for Dice that the paper does not look at on LIDC, and for the user who takes any mask on screen."""
    keys, rows = ("0.8", "0.85", "0.9"), []
    if "combination" in records:
        r = records["combination"]
        for suffix, what in (("", "recommended mask"), ("_best_seen", "any mask seen"), ("_iou", "recommended, IoU")):
            rows.append(
                [what, *(number(r[f"noc{suffix}"][k], r[f"noc{suffix}_ci95"][k]) for k in keys)]
                + [percent(r[f"failure_rate{suffix}"][k], r[f"failure_rate{suffix}_ci95"][k]) for k in keys]
            )
    return table(["SPA", *(f"rounds to {k}" for k in keys), *(f"% that never reach {k}" for k in keys)], rows)


def table_5(records: Records) -> Lines:
    """Failure rates."""
    rows = []
    for name, method in (("combination", "spa"), ("click-network-combination", "click-network"),
                         ("sam-u-combination", "sam-u")):  # fmt: skip
        if name in records:
            r = records[name]
            rows.append(
                [NAMES[method], *(percent(r["failure_rate"][k], r["failure_rate_ci95"][k]) for k in ("0.6", "0.7"))]
            )
    for who, values in paper.TABLE_5.items():
        rows.append([f"paper: {who}", *(f"{v:.1f}" for v in values)])
    return table(["never reach, in %", "Dice 0.60", "Dice 0.70"], rows)


def figure_5(records: Records) -> Lines:
    """Dice between candidates."""
    rows = []
    if "combination" in records:
        found = records["combination"]["candidate_similarity"]
        for name in ("upper_quartile", "median", "lower_quartile"):
            rows.append([name.replace("_", " "), *(_digits(v) for v in found[name])])
    rows.append(["paper (REFUGE2): median", *(_digits(paper.FIGURE_5.get(j + 1)) for j in range(6))])
    return table(["Dice between candidates", *(f"round {j + 1}" for j in range(6))], rows)


def _digits(value: Optional[float]) -> str:
    return "-" if value is None else f"{value:.3f}"


def table_7(records: Records) -> Lines:
    """Change of Dice from round to round."""
    rows = []
    for name, method in (("combination", "spa"), ("click-network-combination", "click-network"),
                         ("sam-u-combination", "sam-u")):  # fmt: skip
        if name in records:
            r = records[name]
            cells = [percent(c, i, sign=True) for c, i in zip(r["change_recommended"], r["change_recommended_ci95"])]
            overall = r["dice_recommended"][-1] - r["dice_recommended"][0]
            rows.append([NAMES[method], *cells, percent(overall, sign=True)])
    rows.append(["paper (REFUGE2): SPA", *(f"{v:+.2f}" for v in paper.TABLE_7)])
    return table(["points of Dice", *(f"{j} to {j + 1}" for j in range(1, 6)), "overall"], rows)


def table_2(records: Records) -> Lines:
    """Dice with the raters whose masks the user's is made of, and with the others."""
    rows = []
    if "combination" in records:
        r = records["combination"]
        for name, what in (("dice_included_raters", "included raters"), ("dice_excluded_raters", "excluded raters")):
            if name not in r:  # nobody was left out of any combination
                continue
            change = r[name][-1] / r[name][0] - 1
            rows.append([what, *(at(r, name, j + 1) for j in range(6)), f"{100 * change:+.1f} %"])
    return table(["Dice with", *(f"round {j + 1}" for j in range(6)), "change"], rows)


def table_3(records: Records) -> Lines:
    """Ablations."""
    rows = []
    for name in ABLATIONS:
        if f"ablation-{name}" in records:
            r = records[f"ablation-{name}"]
            cells = [at(r, "dice_recommended", j) for j in (1, 3, 6)]
            rows.append([ABLATION_NAMES[name], *cells, _pair(paper.TABLE_3.get(name))])
    full = _default_on_cases_of(records, "ablation-")
    if full is not None:
        rows.append(
            ["**Bayes with shape latents (default)**", *(at(full, "dice_recommended", j) for j in (1, 3, 6)), "-"]
        )
    return table(["", "round 1", "round 3", "round 6", "paper, 3 iterations: REFUGE2, Kidney"], rows)


def table_3_anew(records: Records) -> Lines:
    """Networks trained with the part of the generator that they are used with, and their difference to the whole."""
    found = {row: records[f"generator-{part}"] for part, row in GENERATORS.items() if f"generator-{part}" in records}
    rows = [
        [ABLATION_NAMES[row], *(at(r, key, j) for key, j in COMPARED), _pair(paper.TABLE_3[row])]
        for row, r in found.items()
    ]
    whole = found.pop("amortised", None)
    gaps = [] if whole is None else [[ABLATION_NAMES[row], *_minus(r, whole)] for row, r in found.items()]
    lines = table(["", *COMPARED_HEADS, "paper, 3 iterations: REFUGE2, Kidney"], rows)
    return lines + (["Minus all three, paired:", "", *table(["", *COMPARED_HEADS], gaps)] if gaps else [])


def _minus(a: Record, b: Record) -> List[str]:
    """What a reaches more than b on equal cases, in the columns of `COMPARED`."""
    gap = {key: paired(a, b, key, key) for key, _ in COMPARED}
    return [percent(gap[key]["difference"][j - 1], gap[key]["ci95"][j - 1], sign=True) for key, j in COMPARED]


def losses(records: Records) -> Lines:
    """What the terms of the loss buy: trainings without them, and their difference to the full loss on equal cases."""
    found = {
        (name, suffix): records[f"loss-{name}{suffix}"]
        for name in LOSSES for suffix in ("-alone", "") if f"loss-{name}{suffix}" in records
    }  # fmt: skip
    values, gaps = [], []
    for (name, suffix), r in found.items():
        words = [_left_out(LOSSES[name]), "no" if suffix else "yes"]
        once = [number(r["first_round"].get(key), digits=3) for key in ("ged_48", "dice_max")]
        values.append([*words, *(percent(r[key][j - 1]) for key, j in COMPARED), *once])
        full = found.get(("full", suffix))
        if full is not None and full is not r:
            gaps.append([*words, *_minus(r, full)])
    head = ["loss", "shape latents", *COMPARED_HEADS]
    lines = table([*head, "GED^2, 48", "Dice-max of raters"], values, words=2)
    return lines + (["Minus the full loss, paired:", "", *table(head, gaps, words=2)] if gaps else [])


def fusions(records: Records) -> Lines:
    """The two fusions on equal cases, and the paper's minus the other one."""
    values, gaps = [], []
    for protocol in ("combination", "rater"):
        token, embedding = records.get(protocol), records.get(f"fusion-embedding-{protocol}")
        if token is None or embedding is None:
            continue
        for name, r in (("token", token), ("embedding", embedding)):
            cells = [at(r, key, j) for key, j in COMPARED]
            values.append([protocol, name, *cells, number(r["first_round"].get("ged_48"), digits=3)])
        gaps.append([protocol, "embedding minus token", *_minus(embedding, token), ""])
    head = ["target", "fusion", *COMPARED_HEADS, "GED^2, 48"]
    return table(head, [*values, *gaps], words=2)


def _left_out(terms: Sequence[str]) -> str:
    if len(terms) > 1:
        return "recommended prediction alone (the released code's loss)"
    return f"without {terms[0].replace('_', ' ')}" if terms else "full"


def _default_on_cases_of(records: Records, *beginnings: str) -> Optional[Record]:
    """The default's values on the cases of the records whose names begin so; None where there are none to compare."""
    reference = next((r for name, r in records.items() if name.startswith(beginnings)), None)
    if reference is None or "combination" not in records:
        return None
    return restricted(records["combination"], reference)


def restricted(record: Record, other: Record) -> Record:
    """A record's Dice on the cases of another record, with intervals anew."""
    wanted = set(other["cases"]["id"])
    keep = [i for i, name in enumerate(record["cases"]["id"]) if name in wanted]
    patients = record["cases"]["patient"]
    groups = None if patients is None else [patients[i] for i in keep]
    found: Record = {"n_cases": len(keep)}
    for name in ("dice_recommended", "dice_best_on_screen", "dice_best_seen"):
        values = np.array(record["cases"][name])[keep]
        low, high = bootstrap_interval(values, groups)
        found[name] = [float(v) for v in values.mean(0)]
        found[f"{name}_ci95"] = [[float(a), float(b)] for a, b in zip(low, high)]
    return found


def _pair(values: Optional[Sequence[float]]) -> str:
    return "-" if values is None else ", ".join(f"{v:.2f}" for v in values)


def predictions(records: Records) -> Lines:
    """24, 36 and 48 predictions."""
    rows = []
    for n in (*PREDICTIONS, 48):
        r = records.get(f"predictions-{n}") or (_default_on_cases_of(records, "predictions-") if n == 48 else None)
        if r is not None:
            rows.append([str(n), *(at(r, "dice_recommended", j) for j in (1, 3, 6)), _paper(paper.PREDICTIONS[n])])
    return table(["predictions", "round 1", "round 3", "round 6", "paper (REFUGE2, 6 iterations)"], rows)


def users(records: Records) -> Lines:
    """Other ways to answer, and slips."""
    names = {
        "user-choice+point": "choice, and the candidate's point as a click",
        "user-choice+oracle-point": "choice, and a point with the true label (**oracle**, as in the released code)",
        "user-clicks": "corrective clicks only",
        **{f"noise-{n}": f"choice, {n} % at random" for n in NOISES},
    }
    rows = []
    half = _default_on_cases_of(records, "user-", "noise-")
    if half is not None:
        rows.append(["choice", *(at(half, "dice_recommended", j + 1) for j in range(6)), at(half, "dice_best_seen", 6)])
    for name, words in names.items():
        if name in records:
            r = records[name]
            rows.append([words, *(at(r, "dice_recommended", j + 1) for j in range(6)), at(r, "dice_best_seen", 6)])
    return table(["user", *(f"round {j + 1}" for j in range(6)), "best seen, round 6"], rows)


def profile(records: Records) -> Lines:
    """First-round Dice with and without the profile."""
    if "policy" not in records:
        return []
    policy = records["policy"]["policy"]
    rows = [_profile_row(name, row) for name, row in policy["users"].items()]
    rows.append(_profile_row("**all users**", policy["all_users"]))
    return table(["user", "n", "with profile", "without", "gain"], rows)


def user_changes(records: Records) -> Lines:
    """The same after the user has changed."""
    if "policy" not in records:
        return []
    rows = [_profile_row(name, row) for name, row in records["policy"]["policy"]["user_changes"].items()]
    return table(["users", "n", "profile of the user before", "without", "gain"], rows)


def _profile_row(name: str, row: Dict[str, Any]) -> List[str]:
    return [
        name, str(row["n"]), percent(row["profile"], row["profile_ci95"]), percent(row["cold"], row["cold_ci95"]),
        percent(row["gain"], row["gain_ci95"], sign=True),
    ]  # fmt: skip


def transfer(records: Records) -> Lines:
    """Dice by round on later images, with the preference learned on earlier ones and without."""
    if "policy" not in records:
        return []
    found = records["policy"]["policy"]["by_round"]
    rows = [
        [words, *(percent(v, i) for v, i in zip(found[name], found[f"{name}_ci95"]))]
        for name, words in (("profile", "with the profile"), ("cold", "without"))
    ]
    return table(["images 7 to 12, all users", *(f"round {j + 1}" for j in range(len(found["cold"])))], rows)


def table_6(records: Records) -> Lines:
    """Rounds to a Dice for preferences that training has not seen."""
    if "policy" not in records:
        return []
    rows = []
    for name, row in records["policy"]["policy"]["unseen_preferences"].items():
        rows.append([name, str(row["n"]), *(number(row[k], row[f"{k}_ci95"]) for k in ("0.75", "0.84"))])
    rows.append(["paper (REFUGE2, a clinician left out): SPA", "-", *(f"{v:.2f}" for v in paper.TABLE_6)])
    return table(["user", "n", "rounds to 0.75", "rounds to 0.84"], rows)


def sets(records: Records) -> Lines:
    """How well the set of predictions after the first click stands for all raters."""
    columns = ("ged_16", "ged_48", "dice_max", "dice_max_of_predictions", "dice_match", "dice_match_candidates",
               "uncertainty_correlation")  # fmt: skip
    rows = []
    for method in ("spa", *TRAINED):
        record = records.get("combination" if method == "spa" else f"{method}-combination")
        if record is not None:
            first = record["first_round"]
            if "ged_all" in first:  # fewer samples than 16
                first = {**first, "ged_16": first["ged_all"], "ged_16_ci95": first["ged_all_ci95"]}
            cells = [number(first.get(c), first.get(f"{c}_ci95"), 3) for c in columns]
            rows.append([NAMES[method], *cells, number(record["calibration"]["pixel_ece"], digits=3)])
    head = ["", "GED^2, 16", "GED^2, 48", "Dice-max of raters", "Dice-max of predictions", "Dice-match",
            "Dice-match of candidates", "uncertainty and rater variance", "ECE of pixels"]  # fmt: skip
    return table(head, rows)


def expected_dice(records: Records) -> Lines:
    """How far the expected Dice can be believed."""
    rows = []
    if "combination" in records:
        r, c = records["combination"], records["combination"]["calibration"]
        rows += [
            ["expected", *(at(r, "expected_dice", j + 1) for j in range(6))],
            ["reached", *(at(r, "dice_recommended", j + 1) for j in range(6))],
            ["expected minus reached", *(percent(v, sign=True) for v in c["expected_dice_bias"])],
            ["correlation", *(number(v) for v in c["expected_dice_correlation"])],
            ["calibration error (ECE) over all rounds", number(c["expected_dice_ece"], digits=3), *5 * [""]],
        ]
    return table(["", *(f"round {j + 1}" for j in range(6))], rows)


def budgets(records: Records) -> Lines:
    """What the networks were trained with."""
    cards = {card["name"]: card for record in records.values() for card in record.get("trained", ())}
    own = {"SPA": next((records[name] for name in ("combination", "rater", "policy") if name in records), None)}
    for name, terms in LOSSES.items():
        own[f"SPA, loss {_left_out(terms)}"] = records.get(f"loss-{name}") or records.get(f"loss-{name}-alone")
    for part in GENERATORS:
        own[f"SPA, preference generator: {part}"] = records.get(f"generator-{part}")
    own["SPA, embedding fusion"] = records.get("fusion-embedding-combination")
    rows, history = [], []
    for words, record in own.items():
        if record is not None and record.get("training"):
            training = record["training"]
            spent = training["steps"] * training["batch"] * (training.get("processes") or 1)
            size = f"{record['parameters'] / 1e6:.2f} M"
            rows.append([record["weights"], words, size, str(training["steps"]), str(spent), _core_minutes(training)])
            if words == "SPA" and record.get("history"):
                history = [f"`{record['weights']}`: {record['history']}", ""]
    rows += [
        [name, card["description"], f"{card['parameters'] / 1e6:.2f} M", str(card["steps"]),
         str(card["steps"] * card["batch"]), f"{card['core_seconds'] / 60:.0f}"]
        for name, card in sorted(cards.items())
    ]  # fmt: skip
    head = ["network", "what", "parameters", "steps", "crops seen", "core minutes"]
    return [*table(head, rows, words=2), *history]


def _core_minutes(training: Record) -> str:
    """Of a training on the CPU: processor time, or less than the clock's where an older card says no more."""
    seconds, last = training.get("core_seconds"), training.get("last_run") or {}
    if seconds:
        return f"{seconds / 60:.0f}"
    whole = last.get("steps") == training["steps"] and "1 threads" in training["machine"]
    return f"< {last['seconds'] / 60:.0f}" if whole else "-"


def commands(records: Records) -> Lines:
    """How every record was made."""
    rows = [
        [name, f"`{r['command']}`", str(r["intervals_over"]), str(r["n_cases"]), f"{r['seconds']:.0f}"]
        for name, r in records.items()
    ]
    return table(["record", "command", "intervals over", "cases", "seconds"], rows, words=3)
