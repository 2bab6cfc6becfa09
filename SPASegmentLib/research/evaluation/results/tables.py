"""The tables of docs/results.md; each takes all records and leaves out what has not been measured."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Sequence, Tuple

from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.results import paper
from SPASegmentLib.research.evaluation.results.plan import ABLATIONS, GENERATORS, LOSSES, NOISES, PREDICTIONS, UNTRAINED
from SPASegmentLib.research.evaluation.results.records import Record, paired, restricted
from SPASegmentLib.research.markdown import Lines, number, percent, table

Records = Dict[str, Record]

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
USER_NAMES = {
    "user-choice+point": "choice, and the candidate's point as a click",
    "user-choice+oracle-point": "choice, and a point with the true label (**oracle**, as in the released code)",
    "user-clicks": "corrective clicks only",
    **{f"noise-{n}": f"choice, {n} % at random" for n in NOISES},
}
#: Figures and rounds that trainings are compared by, and their heads.
COMPARED = {
    "round 1": ("dice_recommended", 1), "round 3": ("dice_recommended", 3), "round 6": ("dice_recommended", 6),
    "on screen, 1": ("dice_best_on_screen", 1), "on screen, 6": ("dice_best_on_screen", 6),
}  # fmt: skip
#: What the paper has beside the parts of the generator.
PAPER = "paper, 3 iterations: REFUGE2, Kidney"
ROUNDS = tuple(f"round {j + 1}" for j in range(6))


def at(record: Record, name: str, *rounds: int) -> List[str]:
    """A per-round value as percent with its interval, in some rounds (all six by default); they count from 1."""
    return [percent(record[name][j - 1], record[f"{name}_ci95"][j - 1]) for j in rounds or range(1, 7)]


def of(record: Record, name: str, keys: Iterable[str], show: Any = number) -> List[str]:
    """A value that the record has for several keys, such as the Dice to reach, with its interval."""
    return [show(record[name][key], record[f"{name}_ci95"][key]) for key in keys]


def methods(records: Records, protocol: str, names: Sequence[str] = ALL) -> List[Tuple[str, Record]]:
    """The methods that were measured, as they are called, each with its record."""
    found = [(NAMES[name], records.get(protocol if name == "spa" else f"{name}-{protocol}")) for name in names]
    return [(name, record) for name, record in found if record is not None]


def spa(records: Records) -> List[Record]:
    """SPA's record for the majority of a rater combination; none where it has not been measured."""
    return [records["combination"]] if "combination" in records else []


def published(rows: Mapping[str, Sequence[float]]) -> List[List[str]]:
    """Rows of the paper."""
    return [[f"paper: {who}", *(f"{value:.1f}" for value in values)] for who, values in rows.items()]


def table_1(records: Records) -> Lines:
    """Dice after the first click and in round 3, the paper's LIDC column beside it."""
    rows = []
    for name, r in methods(records, "combination"):
        values = "dice_best_seen" if r["method"] == "resample" else "dice_recommended"
        rows.append([name, *at(r, values, 1, 3), *map(number, paper.TABLE_1.get(r["method"], (None, None)))])
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
         percent(r["auc_recommended"], r["auc_recommended_ci95"]),
         *(number(r[mm][j - 1], r[f"{mm}_ci95"][j - 1]) if mm in r else "-" for j in far)]
        for name, r in found
    ]  # fmt: skip
    head = [f"{words}, round {j}" for words in ("IoU", "on screen") for j in (1, 3, 6)]
    return table(["method", *head, "area under Dice", *(f"HD95 in mm, round {j}" for j in far)], rows)


def figure_4(records: Records) -> Lines:
    """Rounds to reach a Dice."""
    keys = paper.FIGURE_4_DICE
    rows = [[name, *of(r, "noc", map(str, keys))] for name, r in methods(records, "combination", INTERACTIVE)]
    return table(["", *(f"Dice {k:.2f}" for k in keys)], [*rows, *published(paper.FIGURE_4)])


def higher_dice(records: Records) -> Lines:
    """The same for Dice that the paper does not look at on LIDC, and for the user who takes any mask on screen."""
    keys, ends = (
        ("0.8", "0.85", "0.9"),
        {"recommended mask": "", "any mask seen": "_best_seen", "recommended, IoU": "_iou"},
    )
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
    return table(["never reach, in %", "Dice 0.60", "Dice 0.70"], [*rows, *published(paper.TABLE_5)])


def figure_5(records: Records) -> Lines:
    """Dice between candidates."""
    rows = [
        [name.replace("_", " "), *(number(v, digits=3) for v in r["candidate_similarity"][name])]
        for r in spa(records)
        for name in ("upper_quartile", "median", "lower_quartile")
    ]
    theirs = ["paper (REFUGE2): median", *(number(paper.FIGURE_5.get(j + 1), digits=3) for j in range(6))]
    return table(["Dice between candidates", *ROUNDS], [*rows, theirs])


def table_7(records: Records) -> Lines:
    """Change of Dice from round to round."""
    rows = []
    for name, r in methods(records, "combination", INTERACTIVE):
        cells = [percent(c, i, sign=True) for c, i in zip(r["change_recommended"], r["change_recommended_ci95"])]
        rows.append([name, *cells, percent(r["dice_recommended"][-1] - r["dice_recommended"][0], sign=True)])
    rows.append(["paper (REFUGE2): SPA", *(f"{v:+.2f}" for v in paper.TABLE_7)])
    return table(["points of Dice", *(f"{j} to {j + 1}" for j in range(1, 6)), "overall"], rows)


def table_2(records: Records) -> Lines:
    """Dice with the raters whose masks the user's is made of, and with the others."""
    rows = [
        [f"{which} raters", *at(r, name), f"{100 * (r[name][-1] / r[name][0] - 1):+.1f} %"]
        for r in spa(records)
        for which in ("included", "excluded")
        if (name := f"dice_{which}_raters") in r  # nobody may have been left out of any combination
    ]
    return table(["Dice with", *ROUNDS, "change"], rows)


def table_3(records: Records) -> Lines:
    """Ablations."""
    found = [(ABLATIONS[row][0], records.get(f"ablation-{row}"), _paper(row)) for row in ABLATIONS]
    found += [("**Bayes with shape latents (default)**", r, "-") for r in _spa_on_cases_of(records, "ablation-")]
    rows = [[name, *at(r, "dice_recommended", 1, 3, 6), theirs] for name, r, theirs in found if r is not None]
    return table(["", "round 1", "round 3", "round 6", PAPER], rows)


def table_3_anew(records: Records) -> Lines:
    """Networks trained with the part of the generator that they are used with, and their difference to the whole."""
    found = {row: records[f"generator-{part}"] for part, row in GENERATORS.items() if f"generator-{part}" in records}
    rows = [[ABLATIONS[row][0], *_compared(r), _paper(row)] for row, r in found.items()]
    whole = found.pop("amortised", None)
    gaps = [] if whole is None else [[ABLATIONS[row][0], *_minus(r, whole)] for row, r in found.items()]
    return [*table(["", *COMPARED, PAPER], rows), *_gaps("Minus all three, paired:", ["", *COMPARED], gaps)]


def losses(records: Records) -> Lines:
    """What the terms of the loss buy: trainings without them, and their difference to the full loss on equal cases."""
    values, gaps = [], []
    for name, suffix in ((name, suffix) for name in LOSSES for suffix in ("-alone", "")):
        r, full = records.get(f"loss-{name}{suffix}"), records.get(f"loss-full{suffix}")
        if r is not None:
            words = [left_out(LOSSES[name]), "no" if suffix else "yes"]
            once = [number(r["first_round"].get(key), digits=3) for key in ("ged_48", "dice_max")]
            values.append([*words, *(percent(r[key][j - 1]) for key, j in COMPARED.values()), *once])
            gaps += [[*words, *_minus(r, full)]] if full is not None and full is not r else []
    head = ["loss", "shape latents", *COMPARED]
    lines = table([*head, "GED^2, 48", "Dice-max of raters"], values, words=2)
    return [*lines, *_gaps("Minus the full loss, paired:", head, gaps, words=2)]


def fusions(records: Records) -> Lines:
    """The two fusions on equal cases, and the paper's minus the other one."""
    values, gaps = [], []
    for protocol in ("combination", "rater"):
        token, embedding = records.get(protocol), records.get(f"fusion-embedding-{protocol}")
        if token is not None and embedding is not None:
            for name, r in (("token", token), ("embedding", embedding)):
                values.append([protocol, name, *_compared(r), number(r["first_round"].get("ged_48"), digits=3)])
            gaps.append([protocol, "embedding minus token", *_minus(embedding, token), ""])
    return table(["target", "fusion", *COMPARED, "GED^2, 48"], [*values, *gaps], words=2)


def left_out(terms: Sequence[str]) -> str:
    """What a training with a part of the loss is called."""
    if len(terms) > 1:
        return "recommended prediction alone (the released code's loss)"
    return f"without {terms[0].replace('_', ' ')}" if terms else "full"


def _paper(row: str) -> str:
    return ", ".join(f"{v:.2f}" for v in paper.TABLE_3[row]) if row in paper.TABLE_3 else "-"


def _compared(record: Record) -> List[str]:
    return [cell for key, j in COMPARED.values() for cell in at(record, key, j)]


def _minus(a: Record, b: Record) -> List[str]:
    """What a reaches more than b on equal cases, in the columns of `COMPARED`."""
    gap = {key: paired(a, b, key, key) for key, _ in COMPARED.values()}
    return [percent(gap[key]["difference"][j - 1], gap[key]["ci95"][j - 1], sign=True) for key, j in COMPARED.values()]


def _gaps(caption: str, head: Sequence[str], gaps: Sequence[Sequence[str]], words: int = 1) -> Lines:
    return [caption, "", *table(head, gaps, words)] if gaps else []


def _spa_on_cases_of(records: Records, *beginnings: str) -> List[Record]:
    """SPA's Dice on the cases of the records whose names begin so; none where there are none to compare."""
    reference = next((r for name, r in records.items() if name.startswith(beginnings)), None)
    return [] if reference is None else [restricted(r, reference) for r in spa(records)]


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


def _policy(records: Records, part: str) -> Dict[str, Any]:
    """A part of what the record of the profile holds; empty without one."""
    return dict(records["policy"]["policy"][part]) if "policy" in records else {}


def profile(records: Records) -> Lines:
    """First-round Dice with and without the profile."""
    found, everybody = _policy(records, "users"), _policy(records, "all_users")
    return _gains("user", "with profile", {**found, "**all users**": everybody} if everybody else found)


def user_changes(records: Records) -> Lines:
    """The same after the user has changed."""
    return _gains("users", "profile of the user before", _policy(records, "user_changes"))


def _gains(who: str, known: str, found: Dict[str, Record]) -> Lines:
    keys = ("profile", "cold", "gain")
    rows = [[n, r["n"], *(percent(r[k], r[f"{k}_ci95"], sign=k == "gain") for k in keys)] for n, r in found.items()]
    return table([who, "n", known, "without", "gain"], rows)


def transfer(records: Records) -> Lines:
    """Dice by round on later images, with the preference learned on earlier ones and without."""
    found = _policy(records, "by_round")
    rows = [
        [words, *at(found, name)] for name, words in (("profile", "with the profile"), ("cold", "without")) if found
    ]
    return table(["images 7 to 12, all users", *ROUNDS], rows)


def table_6(records: Records) -> Lines:
    """Rounds to a Dice for preferences that training has not seen."""
    found, keys = _policy(records, "unseen_preferences"), ("0.75", "0.84")
    rows = [[name, r["n"], *(number(r[k], r[f"{k}_ci95"]) for k in keys)] for name, r in found.items()]
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
        cells = [number(first.get(c), first.get(f"{c}_ci95"), 3) for c in columns]
        rows.append([name, *cells, number(r["calibration"]["pixel_ece"], digits=3)])
    return table(["", *columns.values(), "ECE of pixels"], rows)


def expected_dice(records: Records) -> Lines:
    """How far the expected Dice can be believed."""
    rows = []
    for r in spa(records):
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
    found: Dict[str, Tuple[str, ...]] = {"SPA": ("combination", "rater", "policy")}
    found.update({f"SPA, loss {left_out(terms)}": (f"loss-{n}", f"loss-{n}-alone") for n, terms in LOSSES.items()})
    found.update({f"SPA, preference generator: {part}": (f"generator-{part}",) for part in GENERATORS})
    found["SPA, embedding fusion"] = ("fusion-embedding-combination",)
    rows, history = [], []
    for words, names in found.items():
        record: Record = next((records[name] for name in names if name in records), {})
        if record.get("training"):
            t, size = record["training"], f"{record['parameters'] / 1e6:.2f} M"
            spent = t["steps"] * t["batch"] * (t.get("processes") or 1)
            rows.append([record["weights"], words, size, t["steps"], spent, _core_minutes(t)])
            if words == "SPA" and record.get("history"):
                history = [f"`{record['weights']}`: {record['history']}", ""]
    cards = {card["name"]: card for record in records.values() for card in record.get("trained", ())}
    rows += [
        [name, card["description"], f"{card['parameters'] / 1e6:.2f} M", card["steps"], card["steps"] * card["batch"],
         f"{card['core_seconds'] / 60:.0f}"]
        for name, card in sorted(cards.items())
    ]  # fmt: skip
    return [*table(["network", "what", "parameters", "steps", "crops seen", "core minutes"], rows, words=2), *history]


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
        widths, last = ", ".join(f"{r['diameters_px'][k]:.0f}" for k in ("5", "50", "95")), r["rounds"]
        reached = [*at(r, "dice_recommended", 1, min(3, last), last), *at(r, "dice_best_on_screen", last)]
        rows.append([r["files"][0], f"{r['n_cases']}, {r['intervals_over']}", widths, *reached])
    head = ["set", "cases", "width in pixels (5 %, median, 95 %)", "round 1", "round 3", "round 6", "best on screen, 6"]
    return table(head, rows)


def widening(records: Records) -> Lines:
    """LIDC-IDRI alone against the whole mixture of sources, at equal steps: ``make widening``."""
    pairs = {
        name: (f"widening-{name}-alone", f"widening-{name}-widened") for name in ("volumes", "hippocampus", "sarcoma")
    }
    rows = []
    for name, (alone, widened) in {"lidc": ("loss-full", "widening-lidc-widened"), **pairs}.items():
        if alone in records and widened in records:
            a, b, key = records[alone], records[widened], "dice_recommended"
            gap = paired(b, a, key, key)
            for j in (0, -1):
                difference = percent(gap["difference"][j], gap["ci95"][j], sign=True)
                rows.append(
                    [name, gap["n"], a["rounds"] if j else 1, percent(a[key][j]), percent(b[key][j]), difference]
                )
    return table(["set", "cases", "round", "LIDC-IDRI alone", "all sources", "difference, paired"], rows)


def commands(records: Records) -> Lines:
    """How every record was made."""
    rows = [
        [name, f"`{r['command']}`", r["intervals_over"], r.get("n_cases", r.get("n_volumes")), f"{r['seconds']:.0f}"]
        for name, r in records.items()
    ]
    return table(["record", "command", "intervals over", "cases", "seconds"], rows, words=3)
