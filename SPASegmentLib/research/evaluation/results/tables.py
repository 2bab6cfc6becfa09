"""The tables of docs/results.md that are the paper's, or on the same slices; each takes all records.

What has not been measured is left out.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence, Tuple

from SPASegmentLib.research.evaluation.methods.trained import CLICKED, TRAINED
from SPASegmentLib.research.evaluation.results import paper
from SPASegmentLib.research.evaluation.results.cells import ROUNDS, Records, at, cell, change, of, precise, signed
from SPASegmentLib.research.evaluation.results.plan import ABLATIONS, BOXED, NOISES, PREDICTIONS, UNTRAINED
from SPASegmentLib.research.evaluation.results.records import Record, restricted
from SPASegmentLib.research.markdown import Lines, number, percent, table

#: How methods are called.
NAMES = {
    "spa": "SPA (ours)",
    "box": "SPA (ours), from a box as a hand draws it",
    "box-clicks": "SPA (ours), from that box, then corrective clicks",
    "resample": "resample and keep the best mask seen",
    "seed-mask": "seed-mask family (no network)",
    "consensus": "best fixed consensus (oracle)",
    "unet": "U-Net, majority vote",
    "transunet": "TransUNet",
    "swinunet": "SwinUNet",
    "ensemble": "ensemble of three U-Nets",
    "label-sampling": "label-sampling U-Net",
    "multi-head": "multi-head U-Net",
    "probabilistic": "Probabilistic U-Net",
    "mrnet": "MRNet",
    "click-network": "click-only network (in the manner of SAM)",
    "medsam": "in the manner of MedSAM (a box, then clicks)",
    "msa": "in the manner of MSA (adapters; clicks)",
    "sam-u": "SAM-U (the click-only network, 9 prompts)",
    "sam-u-v2": "SAM-U V2 (the MedSAM-like network, 9 boxes)",
}
ALL, INTERACTIVE = ("spa", *TRAINED, *UNTRAINED), ("spa", *CLICKED)
USER_NAMES = {
    "user-choice+point": "choice, and the candidate's point as a click",
    "user-choice+oracle-point": "choice, and a point with the true label (**oracle**, as in the released code)",
    "user-clicks": "corrective clicks only",
    **{f"noise-{n}": f"choice, {n} % at random" for n in NOISES},
}
#: What the paper has beside the parts of the generator.
PAPER = "paper, 3 iterations: REFUGE2, Kidney"


def methods(records: Records, protocol: str, names: Sequence[str] = ALL) -> List[Tuple[str, Record]]:
    """The methods that were measured, as they are called, each with its record."""
    found = [(NAMES[name], records.get(protocol if name == "spa" else f"{name}-{protocol}")) for name in names]
    return [(name, record) for name, record in found if record is not None]


def spa(records: Records) -> List[Record]:
    """SPA's record for the majority of a rater combination; none where it has not been measured."""
    return [records["combination"]] if "combination" in records else []


def table_1(records: Records) -> Lines:
    """Dice after the first click and in round 3, the paper's LIDC column beside it."""
    rows = []
    for method in ("spa", *BOXED, *TRAINED, *UNTRAINED):
        for name, r in methods(records, "combination", (method,)):
            values = "dice_best_seen" if method == "resample" else "dice_recommended"
            rows.append([name, *at(r, values, 1, 3), *map(number, paper.TABLE_1.get(method, (None, None)))])
    return table(["method", "round 1", "round 3", "paper, 1 iteration", "paper, 3 iterations"], rows)


def by_round(records: Records, protocol: str, values: str) -> Lines:
    """Dice by round of every method."""
    rows = [[name, r["n_cases"], *at(r, values)] for name, r in methods(records, protocol)]
    return table(["method", "n", *ROUNDS], rows)


def other_measures(records: Records, protocol: str) -> Lines:
    """IoU, best mask on screen, area under the curve and, where pixels have a size, HD95 of every method."""
    found, mm = methods(records, protocol), "hd95_recommended_mm"
    far = [j for j in (1, 6) if any(mm in r for _, r in found)]
    rows = [
        [name, *at(r, "iou_recommended", 1, 3, 6), *at(r, "dice_best_on_screen", 1, 3, 6),
         cell(r, "auc_recommended"), *(cell(r, mm, j - 1, show=number) for j in far)]
        for name, r in found
    ]  # fmt: skip
    head = [f"{words}, round {j}" for words in ("IoU", "on screen") for j in (1, 3, 6)]
    return table(["method", *head, "area under Dice", *(f"HD95 in mm, round {j}" for j in far)], rows)


def figure_4(records: Records) -> Lines:
    """Rounds to reach a Dice."""
    found, keys = methods(records, "combination", INTERACTIVE), paper.FIGURE_4_DICE
    rows = [[name, *of(r, "noc", map(str, keys))] for name, r in found]
    return table(["", *(f"Dice {k:.2f}" for k in keys)], [*rows, *_published(paper.FIGURE_4)])


def higher_dice(records: Records) -> Lines:
    """The same for Dice that the paper does not look at on LIDC, and for the user who takes any mask on screen."""
    keys = ("0.8", "0.85", "0.9")
    ends = {"recommended mask": "", "any mask seen": "_best_seen", "recommended, IoU": "_iou"}
    rows = [
        [what, *of(r, f"noc{end}", keys), *of(r, f"failure_rate{end}", keys, percent)]
        for r in spa(records)
        for what, end in ends.items()
    ]
    return table(["SPA", *(f"rounds to {k}" for k in keys), *(f"% that never reach {k}" for k in keys)], rows)


def table_5(records: Records) -> Lines:
    """Failure rates."""
    found = methods(records, "combination", INTERACTIVE)
    rows = [[name, *of(r, "failure_rate", ("0.6", "0.7"), percent)] for name, r in found]
    return table(["never reach, in %", "Dice 0.60", "Dice 0.70"], [*rows, *_published(paper.TABLE_5)])


def figure_5(records: Records) -> Lines:
    """Dice between candidates."""
    rows = [
        [name.replace("_", " "), *map(precise, r["candidate_similarity"][name])]
        for r in spa(records)
        for name in ("upper_quartile", "median", "lower_quartile")
    ]
    theirs = ["paper (REFUGE2): median", *(precise(paper.FIGURE_5.get(j + 1)) for j in range(6))]
    return table(["Dice between candidates", *ROUNDS], [*rows, theirs])


def table_7(records: Records) -> Lines:
    """Change of Dice from round to round."""
    rows = []
    for name, r in methods(records, "combination", INTERACTIVE):
        cells = at(r, "change_recommended", *range(1, 6), show=signed)
        rows.append([name, *cells, signed(r["dice_recommended"][-1] - r["dice_recommended"][0])])
    rows.append(["paper (REFUGE2): SPA", *(f"{v:+.2f}" for v in paper.TABLE_7)])
    return table(["points of Dice", *(f"{j} to {j + 1}" for j in range(1, 6)), "overall"], rows)


def table_2(records: Records) -> Lines:
    """Dice with the raters whose masks the user's is made of, and with the others."""
    rows = [
        [f"{which} raters", *at(r, name), change(r[name])]
        for r in spa(records)
        for which in ("included", "excluded")
        if (name := f"dice_{which}_raters") in r  # nobody may have been left out of any combination
    ]
    return table(["Dice with", *ROUNDS, "change"], rows)


def table_3(records: Records) -> Lines:
    """Ablations."""
    found = [(ABLATIONS[row][0], records.get(f"ablation-{row}"), published_ablation(row)) for row in ABLATIONS]
    found += [("**Bayes with shape latents (default)**", r, "-") for r in _spa_on_cases_of(records, "ablation-")]
    rows = [[name, *at(r, "dice_recommended", 1, 3, 6), theirs] for name, r, theirs in found if r is not None]
    return table(["", "round 1", "round 3", "round 6", PAPER], rows)


def predictions(records: Records) -> Lines:
    """24, 36 and 48 predictions."""
    found = [(n, records[f"predictions-{n}"]) for n in PREDICTIONS if f"predictions-{n}" in records]
    found += [(48, r) for r in _spa_on_cases_of(records, "predictions-")]
    rows = [[n, *at(r, "dice_recommended", 1, 3, 6), number(paper.PREDICTIONS[n])] for n, r in found]
    return table(["predictions", "round 1", "round 3", "round 6", "paper (REFUGE2, 6 iterations)"], rows)


def users(records: Records) -> Lines:
    """Other ways to answer, and slips."""
    found = [("choice", r) for r in _spa_on_cases_of(records, "user-", "noise-")]
    found += [(words, records[name]) for name, words in USER_NAMES.items() if name in records]
    rows = [[words, *at(r, "dice_recommended"), *at(r, "dice_best_seen", 6)] for words, r in found]
    return table(["user", *ROUNDS, "best seen, round 6"], rows)


def profile(records: Records) -> Lines:
    """First-round Dice with and without the profile."""
    found, everybody = _policy(records, "users"), _policy(records, "all_users")
    return _gains("user", "with profile", {**found, "**all users**": everybody} if everybody else found)


def user_changes(records: Records) -> Lines:
    """The same after the user has changed."""
    return _gains("users", "profile of the user before", _policy(records, "user_changes"))


def transfer(records: Records) -> Lines:
    """Dice by round on later images, with the preference learned on earlier ones and without."""
    found = _policy(records, "by_round")
    ways = {"profile": "with the profile", "cold": "without"} if found else {}
    rows = [[words, *at(found, name)] for name, words in ways.items()]
    return table(["images 7 to 12, all users", *ROUNDS], rows)


def table_6(records: Records) -> Lines:
    """Rounds to a Dice for preferences that training has not seen."""
    found, keys = _policy(records, "unseen_preferences"), ("0.75", "0.84")
    rows = [[name, r["n"], *(cell(r, key, show=number) for key in keys)] for name, r in found.items()]
    theirs = ["paper (REFUGE2, a clinician left out): SPA", "-", *(f"{v:.2f}" for v in paper.TABLE_6)]
    return table(["user", "n", *(f"rounds to {k}" for k in keys)], [*rows, theirs] if rows else [])


def sets(records: Records) -> Lines:
    """How well the set of predictions after the first click stands for all raters."""
    columns = {
        "ged_16": "GED^2, 16", "ged_48": "GED^2, 48", "dice_max": "Dice-max of raters",
        "dice_max_of_predictions": "Dice-max of predictions", "dice_match": "Dice-match",
        "dice_match_candidates": "Dice-match of candidates",
        "uncertainty_correlation": "uncertainty and rater variance",
    }  # fmt: skip
    rows = []
    for name, r in methods(records, "combination", ("spa", *TRAINED)):
        first = r["first_round"]
        if "ged_all" in first:  # fewer samples than 16
            first = {**first, "ged_16": first["ged_all"], "ged_16_ci95": first["ged_all_ci95"]}
        rows.append([name, *(cell(first, c, show=precise) for c in columns), precise(r["calibration"]["pixel_ece"])])
    return table(["", *columns.values(), "ECE of pixels"], rows)


def expected_dice(records: Records) -> Lines:
    """How far the expected Dice can be believed."""
    rows = []
    for r in spa(records):
        c = r["calibration"]
        rows += [
            ["expected", *at(r, "expected_dice")],
            ["reached", *at(r, "dice_recommended")],
            ["expected minus reached", *at(c, "expected_dice_bias", show=signed)],
            ["correlation", *at(c, "expected_dice_correlation", show=number)],
            ["calibration error (ECE) over all rounds", precise(c["expected_dice_ece"]), *5 * [""]],
        ]
    return table(["", *ROUNDS], rows)


def commands(records: Records) -> Lines:
    """How every record was made."""
    rows = [
        [name, f"`{r['command']}`", r["intervals_over"], r.get("n_cases", r.get("n_volumes")), f"{r['seconds']:.0f}"]
        for name, r in records.items()
    ]
    return table(["record", "command", "intervals over", "cases", "seconds"], rows, words=3)


def published_ablation(row: str) -> str:
    """What the paper has for a row of `ABLATIONS`."""
    return ", ".join(f"{v:.2f}" for v in paper.TABLE_3[row]) if row in paper.TABLE_3 else "-"


def _spa_on_cases_of(records: Records, *beginnings: str) -> List[Record]:
    """SPA's Dice on the cases of the records whose names begin so; none where there are none to compare."""
    reference = next((r for name, r in records.items() if name.startswith(beginnings)), None)
    return [] if reference is None else [restricted(r, reference) for r in spa(records)]


def _published(rows: Mapping[str, Sequence[float]]) -> List[List[str]]:
    return [[f"paper: {who}", *(f"{value:.1f}" for value in values)] for who, values in rows.items()]


def _policy(records: Records, part: str) -> Record:
    """A part of what the record of the profile holds; empty without one."""
    return dict(records["policy"]["policy"][part]) if "policy" in records else {}


def _gains(who: str, known: str, found: Dict[str, Record]) -> Lines:
    rows = [
        [name, r["n"], cell(r, "profile"), cell(r, "cold"), cell(r, "gain", show=signed)] for name, r in found.items()
    ]
    return table([who, "n", known, "without", "gain"], rows)
