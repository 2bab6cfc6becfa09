"""The tables of docs/results.md; each takes all records and leaves out what has not been measured."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.results import paper
from SPASegmentLib.research.evaluation.results.plan import ABLATIONS, GENERATORS, LOSSES, NOISES, PREDICTIONS, UNTRAINED
from SPASegmentLib.research.evaluation.results.records import Record, cases_of, paired
from SPASegmentLib.research.evaluation.statistics import bootstrap_interval
from SPASegmentLib.research.markdown import number, percent, table

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
ALL, INTERACTIVE = ("spa", *TRAINED, *UNTRAINED), ("spa", "click-network", "sam-u")
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
USER_NAMES = {
    "user-choice+point": "choice, and the candidate's point as a click",
    "user-choice+oracle-point": "choice, and a point with the true label (**oracle**, as in the released code)",
    "user-clicks": "corrective clicks only",
    **{f"noise-{n}": f"choice, {n} % at random" for n in NOISES},
}
#: Figures and rounds that trainings are compared by, and their heads.
COMPARED = (("dice_recommended", 1), ("dice_recommended", 3), ("dice_recommended", 6), ("dice_best_on_screen", 1),
            ("dice_best_on_screen", 6))  # fmt: skip
COMPARED_HEADS = ("round 1", "round 3", "round 6", "on screen, 1", "on screen, 6")
ROUNDS = tuple(f"round {j + 1}" for j in range(6))


def at(record: Record, name: str, *rounds: int) -> List[str]:
    """A per-round value as percent with its interval, in some rounds (all six by default); they count from 1."""
    return [percent(record[name][j - 1], record[f"{name}_ci95"][j - 1]) for j in rounds or range(1, 7)]


def methods(records: Records, protocol: str, names: Sequence[str] = ALL) -> List[Tuple[str, Record]]:
    """The methods that were measured, each with its record."""
    found = [(name, records.get(protocol if name == "spa" else f"{name}-{protocol}")) for name in names]
    return [(name, record) for name, record in found if record is not None]


def table_1(records: Records) -> Lines:
    """Dice after the first click and in round 3, the paper's LIDC column beside it."""
    rows = []
    for method, record in methods(records, "combination"):
        values = "dice_best_seen" if method == "resample" else "dice_recommended"
        published = map(number, paper.TABLE_1.get(method, (None, None)))
        rows.append([NAMES[method], *at(record, values, 1, 3), *published])
    return table(["method", "round 1", "round 3", "paper, 1 iteration", "paper, 3 iterations"], rows)


def by_round(records: Records, protocol: str, values: str) -> Lines:
    """Dice by round of every method."""
    rows = [[NAMES[name], r["n_cases"], *at(r, values)] for name, r in methods(records, protocol)]
    return table(["method", "n", *ROUNDS], rows)


def other_measures(records: Records, protocol: str) -> Lines:
    """IoU, best mask on screen, area under the curve and, where pixels have a size, HD95 of every method."""
    found = methods(records, protocol)
    far = [j for j in (1, 6) if any("hd95_recommended_mm" in record for _, record in found)]
    rows = []
    for method, r in found:
        cells = [*at(r, "iou_recommended", 1, 3, 6), *at(r, "dice_best_on_screen", 1, 3, 6)]
        cells.append(percent(r["auc_recommended"], r["auc_recommended_ci95"]))
        mm = r.get("hd95_recommended_mm")
        cells += ["-" if mm is None else number(mm[j - 1], r["hd95_recommended_mm_ci95"][j - 1]) for j in far]
        rows.append([NAMES[method], *cells])
    head = [f"{words}, round {j}" for words in ("IoU", "on screen") for j in (1, 3, 6)]
    return table(["method", *head, "area under Dice", *(f"HD95 in mm, round {j}" for j in far)], rows)


def figure_4(records: Records) -> Lines:
    """Rounds to reach a Dice."""
    rows = [
        [NAMES[name], *(number(r["noc"][str(k)], r["noc_ci95"][str(k)]) for k in paper.FIGURE_4_DICE)]
        for name, r in methods(records, "combination", INTERACTIVE)
    ]
    rows += [[f"paper: {who}", *(f"{v:.1f}" for v in values)] for who, values in paper.FIGURE_4.items()]
    return table(["", *(f"Dice {k:.2f}" for k in paper.FIGURE_4_DICE)], rows)


def higher_dice(records: Records) -> Lines:
    """The same for Dice that the paper does not look at on LIDC, and for the user who takes any mask on screen."""
    keys, rows = ("0.8", "0.85", "0.9"), []
    for _, r in methods(records, "combination", ["spa"]):
        for end, what in (("", "recommended mask"), ("_best_seen", "any mask seen"), ("_iou", "recommended, IoU")):
            rounds = [number(r[f"noc{end}"][k], r[f"noc{end}_ci95"][k]) for k in keys]
            never = [percent(r[f"failure_rate{end}"][k], r[f"failure_rate{end}_ci95"][k]) for k in keys]
            rows.append([what, *rounds, *never])
    return table(["SPA", *(f"rounds to {k}" for k in keys), *(f"% that never reach {k}" for k in keys)], rows)


def table_5(records: Records) -> Lines:
    """Failure rates."""
    rows = [
        [NAMES[name], *(percent(r["failure_rate"][k], r["failure_rate_ci95"][k]) for k in ("0.6", "0.7"))]
        for name, r in methods(records, "combination", INTERACTIVE)
    ]
    rows += [[f"paper: {who}", *(f"{v:.1f}" for v in values)] for who, values in paper.TABLE_5.items()]
    return table(["never reach, in %", "Dice 0.60", "Dice 0.70"], rows)


def figure_5(records: Records) -> Lines:
    """Dice between candidates."""
    rows = [
        [name.replace("_", " "), *(number(v, digits=3) for v in r["candidate_similarity"][name])]
        for _, r in methods(records, "combination", ["spa"])
        for name in ("upper_quartile", "median", "lower_quartile")
    ]
    rows.append(["paper (REFUGE2): median", *(number(paper.FIGURE_5.get(j + 1), digits=3) for j in range(6))])
    return table(["Dice between candidates", *ROUNDS], rows)


def table_7(records: Records) -> Lines:
    """Change of Dice from round to round."""
    rows = []
    for method, r in methods(records, "combination", INTERACTIVE):
        cells = [percent(c, i, sign=True) for c, i in zip(r["change_recommended"], r["change_recommended_ci95"])]
        overall = percent(r["dice_recommended"][-1] - r["dice_recommended"][0], sign=True)
        rows.append([NAMES[method], *cells, overall])
    rows.append(["paper (REFUGE2): SPA", *(f"{v:+.2f}" for v in paper.TABLE_7)])
    return table(["points of Dice", *(f"{j} to {j + 1}" for j in range(1, 6)), "overall"], rows)


def table_2(records: Records) -> Lines:
    """Dice with the raters whose masks the user's is made of, and with the others."""
    rows = []
    for _, r in methods(records, "combination", ["spa"]):
        for name, what in (("dice_included_raters", "included raters"), ("dice_excluded_raters", "excluded raters")):
            if name in r:  # nobody may have been left out of any combination
                rows.append([what, *at(r, name), f"{100 * (r[name][-1] / r[name][0] - 1):+.1f} %"])
    return table(["Dice with", *ROUNDS, "change"], rows)


def table_3(records: Records) -> Lines:
    """Ablations."""
    found = [(name, records[f"ablation-{name}"]) for name in ABLATIONS if f"ablation-{name}" in records]
    rows = [
        [ABLATION_NAMES[name], *at(r, "dice_recommended", 1, 3, 6), _both(paper.TABLE_3.get(name))] for name, r in found
    ]
    rows += [
        ["**Bayes with shape latents (default)**", *at(r, "dice_recommended", 1, 3, 6), "-"]
        for r in _default_on_cases_of(records, "ablation-")
    ]
    return table(["", "round 1", "round 3", "round 6", "paper, 3 iterations: REFUGE2, Kidney"], rows)


def table_3_anew(records: Records) -> Lines:
    """Networks trained with the part of the generator that they are used with, and their difference to the whole."""
    found = {row: records[f"generator-{part}"] for part, row in GENERATORS.items() if f"generator-{part}" in records}
    rows = [[ABLATION_NAMES[row], *_compared(r), _both(paper.TABLE_3[row])] for row, r in found.items()]
    whole = found.pop("amortised", None)
    gaps = [] if whole is None else [[ABLATION_NAMES[row], *_minus(r, whole)] for row, r in found.items()]
    lines = table(["", *COMPARED_HEADS, "paper, 3 iterations: REFUGE2, Kidney"], rows)
    return lines + (["Minus all three, paired:", "", *table(["", *COMPARED_HEADS], gaps)] if gaps else [])


def losses(records: Records) -> Lines:
    """What the terms of the loss buy: trainings without them, and their difference to the full loss on equal cases."""
    values, gaps = [], []
    for name, suffix in ((name, suffix) for name in LOSSES for suffix in ("-alone", "")):
        r, full = records.get(f"loss-{name}{suffix}"), records.get(f"loss-full{suffix}")
        if r is None:
            continue
        words = [left_out(LOSSES[name]), "no" if suffix else "yes"]
        once = [number(r["first_round"].get(key), digits=3) for key in ("ged_48", "dice_max")]
        values.append([*words, *(percent(r[key][j - 1]) for key, j in COMPARED), *once])
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
            values.append([protocol, name, *_compared(r), number(r["first_round"].get("ged_48"), digits=3)])
        gaps.append([protocol, "embedding minus token", *_minus(embedding, token), ""])
    return table(["target", "fusion", *COMPARED_HEADS, "GED^2, 48"], [*values, *gaps], words=2)


def left_out(terms: Sequence[str]) -> str:
    """What a training with a part of the loss is called."""
    if len(terms) > 1:
        return "recommended prediction alone (the released code's loss)"
    return f"without {terms[0].replace('_', ' ')}" if terms else "full"


def _compared(record: Record) -> List[str]:
    return [cell for key, j in COMPARED for cell in at(record, key, j)]


def _minus(a: Record, b: Record) -> List[str]:
    """What a reaches more than b on equal cases, in the columns of `COMPARED`."""
    gap = {key: paired(a, b, key, key) for key, _ in COMPARED}
    return [percent(gap[key]["difference"][j - 1], gap[key]["ci95"][j - 1], sign=True) for key, j in COMPARED]


def _default_on_cases_of(records: Records, *beginnings: str) -> List[Record]:
    """The default's values on the cases of the records whose names begin so; none where there are none to compare."""
    reference = next((r for name, r in records.items() if name.startswith(beginnings)), None)
    if reference is None or "combination" not in records:
        return []
    return [restricted(records["combination"], reference)]


def restricted(record: Record, other: Record) -> Record:
    """A record's Dice on the cases of another record, with intervals anew."""
    cases, wanted = cases_of(record), set(cases_of(other)["id"])
    keep = [i for i, name in enumerate(cases["id"]) if name in wanted]
    patients = cases["patient"]
    groups = None if patients is None else [patients[i] for i in keep]
    found: Record = {"n_cases": len(keep)}
    for name in ("dice_recommended", "dice_best_on_screen", "dice_best_seen"):
        values = np.array(cases[name])[keep]
        found[name] = values.mean(0).tolist()
        found[f"{name}_ci95"] = bootstrap_interval(values, groups).T.tolist()
    return found


def _both(values: Optional[Sequence[float]]) -> str:
    return "-" if values is None else ", ".join(f"{v:.2f}" for v in values)


def predictions(records: Records) -> Lines:
    """24, 36 and 48 predictions."""
    found = [(n, records[f"predictions-{n}"]) for n in PREDICTIONS if f"predictions-{n}" in records]
    found += [(48, r) for r in _default_on_cases_of(records, "predictions-")]
    rows = [[n, *at(r, "dice_recommended", 1, 3, 6), number(paper.PREDICTIONS[n])] for n, r in found]
    return table(["predictions", "round 1", "round 3", "round 6", "paper (REFUGE2, 6 iterations)"], rows)


def users(records: Records) -> Lines:
    """Other ways to answer, and slips."""
    found = [("choice", r) for r in _default_on_cases_of(records, "user-", "noise-")]
    found += [(words, records[name]) for name, words in USER_NAMES.items() if name in records]
    rows = [[words, *at(r, "dice_recommended"), *at(r, "dice_best_seen", 6)] for words, r in found]
    return table(["user", *ROUNDS, "best seen, round 6"], rows)


def _policy(records: Records) -> Dict[str, Any]:
    """What the record of the profile holds; empty tables without one."""
    if "policy" in records:
        return dict(records["policy"]["policy"])
    return {"users": {}, "user_changes": {}, "unseen_preferences": {}, "all_users": None, "by_round": None}


def profile(records: Records) -> Lines:
    """First-round Dice with and without the profile."""
    policy = _policy(records)
    found = [*policy["users"].items()] + ([("**all users**", policy["all_users"])] if policy["all_users"] else [])
    return table(["user", "n", "with profile", "without", "gain"], _gains(found))


def user_changes(records: Records) -> Lines:
    """The same after the user has changed."""
    found = _gains(_policy(records)["user_changes"].items())
    return table(["users", "n", "profile of the user before", "without", "gain"], found)


def _gains(found: Iterable[Tuple[str, Dict[str, Any]]]) -> List[List[str]]:
    return [
        [name, row["n"], *(percent(row[k], row[f"{k}_ci95"], sign=k == "gain") for k in ("profile", "cold", "gain"))]
        for name, row in found
    ]


def transfer(records: Records) -> Lines:
    """Dice by round on later images, with the preference learned on earlier ones and without."""
    found = _policy(records)["by_round"]
    names = (("profile", "with the profile"), ("cold", "without")) if found else ()
    return table(["images 7 to 12, all users", *ROUNDS], [[words, *at(found, name)] for name, words in names])


def table_6(records: Records) -> Lines:
    """Rounds to a Dice for preferences that training has not seen."""
    rows = [
        [name, row["n"], *(number(row[k], row[f"{k}_ci95"]) for k in ("0.75", "0.84"))]
        for name, row in _policy(records)["unseen_preferences"].items()
    ]
    published = [["paper (REFUGE2, a clinician left out): SPA", "-", *(f"{v:.2f}" for v in paper.TABLE_6)]]
    return table(["user", "n", "rounds to 0.75", "rounds to 0.84"], rows + published if rows else [])


def sets(records: Records) -> Lines:
    """How well the set of predictions after the first click stands for all raters."""
    columns = {
        "ged_16": "GED^2, 16", "ged_48": "GED^2, 48", "dice_max": "Dice-max of raters",
        "dice_max_of_predictions": "Dice-max of predictions", "dice_match": "Dice-match",
        "dice_match_candidates": "Dice-match of candidates",
        "uncertainty_correlation": "uncertainty and rater variance",
    }  # fmt: skip
    rows = []
    for method, record in methods(records, "combination", ("spa", *TRAINED)):
        first = record["first_round"]
        if "ged_all" in first:  # fewer samples than 16
            first = {**first, "ged_16": first["ged_all"], "ged_16_ci95": first["ged_all_ci95"]}
        cells = [number(first.get(c), first.get(f"{c}_ci95"), 3) for c in columns]
        rows.append([NAMES[method], *cells, number(record["calibration"]["pixel_ece"], digits=3)])
    return table(["", *columns.values(), "ECE of pixels"], rows)


def expected_dice(records: Records) -> Lines:
    """How far the expected Dice can be believed."""
    rows = []
    for _, r in methods(records, "combination", ["spa"]):
        c = r["calibration"]
        rows += [
            ["expected", *at(r, "expected_dice")],
            ["reached", *at(r, "dice_recommended")],
            ["expected minus reached", *(percent(v, sign=True) for v in c["expected_dice_bias"])],
            ["correlation", *(number(v) for v in c["expected_dice_correlation"])],
            ["calibration error (ECE) over all rounds", number(c["expected_dice_ece"], digits=3), *5 * [""]],
        ]
    return table(["", *ROUNDS], rows)


def budgets(records: Records) -> Lines:
    """What the networks were trained with."""
    own = {"SPA": next((records[name] for name in ("combination", "rater", "policy") if name in records), None)}
    for name, terms in LOSSES.items():
        own[f"SPA, loss {left_out(terms)}"] = records.get(f"loss-{name}") or records.get(f"loss-{name}-alone")
    own.update({f"SPA, preference generator: {part}": records.get(f"generator-{part}") for part in GENERATORS})
    own["SPA, embedding fusion"] = records.get("fusion-embedding-combination")
    rows, history = [], []
    for words, record in own.items():
        if record is not None and record.get("training"):
            training = record["training"]
            spent = training["steps"] * training["batch"] * (training.get("processes") or 1)
            size = f"{record['parameters'] / 1e6:.2f} M"
            rows.append([record["weights"], words, size, training["steps"], spent, _core_minutes(training)])
            if words == "SPA" and record.get("history"):
                history = [f"`{record['weights']}`: {record['history']}", ""]
    cards = {card["name"]: card for record in records.values() for card in record.get("trained", ())}
    rows += [
        [name, card["description"], f"{card['parameters'] / 1e6:.2f} M", card["steps"], card["steps"] * card["batch"],
         f"{card['core_seconds'] / 60:.0f}"]
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


def other_images(records: Records) -> Lines:
    """Dice by round on the sets of ``spa evaluate masks``."""
    rows = []
    for r in (record for name, record in sorted(records.items()) if name.startswith("masks-")):
        widths, last = r["diameters_px"], r["rounds"]
        about = [r["files"][0], f"{r['n_cases']}, {r['intervals_over']}"]
        about.append(", ".join(f"{widths[k]:.0f}" for k in ("5", "50", "95")))
        rows.append([*about, *at(r, "dice_recommended", 1, min(3, last), last), *at(r, "dice_best_on_screen", last)])
    head = ["set", "cases", "width in pixels (5 %, median, 95 %)", "round 1", "round 3", "round 6", "best on screen, 6"]
    return table(head, rows)


def widening(records: Records) -> Lines:
    """LIDC-IDRI alone against the whole mixture of sources, at equal steps: ``make widening``."""
    pairs = {"lidc": (records.get("loss-full"), records.get("widening-lidc-widened"))}
    for name in ("volumes", "hippocampus", "sarcoma"):
        pairs[name] = (records.get(f"widening-{name}-alone"), records.get(f"widening-{name}-widened"))
    rows = []
    for name, (alone, widened) in pairs.items():
        if alone is None or widened is None:
            continue
        gap = paired(widened, alone, "dice_recommended", "dice_recommended")
        for j in (0, -1):
            cells = [percent(record["dice_recommended"][j]) for record in (alone, widened)]
            difference = percent(gap["difference"][j], gap["ci95"][j], sign=True)
            rows.append([name, gap["n"], alone["rounds"] if j else 1, *cells, difference])
    return table(["set", "cases", "round", "LIDC-IDRI alone", "all sources", "difference, paired"], rows)


def commands(records: Records) -> Lines:
    """How every record was made."""
    rows = [
        [name, f"`{r['command']}`", r["intervals_over"], r["n_cases"], f"{r['seconds']:.0f}"]
        for name, r in records.items()
    ]
    return table(["record", "command", "intervals over", "cases", "seconds"], rows, words=3)
