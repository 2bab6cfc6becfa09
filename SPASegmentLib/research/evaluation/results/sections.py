"""The sections of docs/results.md and docs/beyond-lungs.md: title, caption with its picture, and table, in their order.

To add a section: a function in `tables.py` that takes all records by name and returns the lines of a table, without
rows where nothing was measured (the section is left out then), and one entry here. Its records come from `plan.py`, or
from any `spa evaluate ... --json FILE` whose file lies in the folder that `spa report` is given.
"""

from __future__ import annotations

from typing import Callable, Tuple

from SPASegmentLib.research.evaluation.results import beyond, marks, paper, tables, volume_tables
from SPASegmentLib.research.evaluation.results.named import NAMED
from SPASegmentLib.research.evaluation.results.tables import Records
from SPASegmentLib.research.markdown import Lines

#: What differs between the paper's LIDC column and ours; said wherever they stand side by side.
DIFFERENCES = (
    "The paper's column is another preparation of LIDC-IDRI (15,096 slices split by slice, so that a patient may be on "
    "both sides; ours are split by patient), all its slices (ours: those with four masks that share a pixel), SAM's "
    "ViT-B on a GPU (ours: a far smaller network on a CPU, see Training), and a feedback point with the true label in "
    "every round (ours: choices only). So the two columns stand side by side for orientation; neither is ahead of the "
    "other by them."
)

Sections = Tuple[Tuple[str, str, Callable[[Records], Lines]], ...]

#: Of docs/results.md: the paper's tables, on LIDC-IDRI.
SECTIONS: Sections = (
    ("What was wanted, and what was reached", "Dice in percent, 95 % intervals in brackets.", marks.marks),
    (
        "Dice after one click and in round 3 (paper, Table 1)",
        "Target: the majority of a uniformly drawn combination of raters. " + DIFFERENCES + " The interactive "
        "baselines get a corrective click with the true label in every round; the others have no further round. "
        '"Resample" counts the best mask seen.',
        tables.table_1,
    ),
    (
        "Dice by round, majority of a rater combination",
        "The recommended mask. ![Dice by round](results/combination.png)",
        lambda records: tables.by_round(records, "combination", "dice_recommended"),
    ),
    (
        "The best mask seen so far, majority of a rater combination",
        "What a user gets who may accept any mask that has been on screen.",
        lambda records: tables.by_round(records, "combination", "dice_best_seen"),
    ),
    (
        "Other measures of the same rounds, majority of a rater combination",
        "IoU and the area under the curve over the rounds are the recommended mask's; on screen is the best mask of "
        "the round alone. HD95 needs a pixel size, which the shared LIDC slices do not have.",
        lambda records: tables.other_measures(records, "combination"),
    ),
    (
        "Dice by round, single raters",
        "Every third of all single raters' masks; this is where adaptation really shows. "
        "![Dice by round](results/rater.png)",
        lambda records: tables.by_round(records, "rater", "dice_recommended"),
    ),
    (
        "Other measures of the same rounds, single raters",
        "",
        lambda records: tables.other_measures(records, "rater"),
    ),
    (
        "SPA's best mask seen against the others, majority of a rater combination",
        "Equal on both sides: so many user actions, then the user takes any mask seen so far (methods with one mask "
        "have no other). Points of Dice on the same cases; intervals of the paired difference, over patients. Round 1 "
        "is one click; a later round is one choice more, or one corrective click more with the true label for the "
        "click-only networks. What is not interactive stays as it is.",
        lambda records: marks.leads(records, "combination", "dice_best_seen"),
    ),
    (
        "SPA's recommended mask against the others, majority of a rater combination",
        "Harder on SPA: its user takes the recommended mask, while the others' user finds the best of all masks seen, "
        "up to 30 of them.",
        lambda records: marks.leads(records, "combination", "dice_recommended"),
    ),
    (
        "SPA's best mask seen against the others, single raters",
        "Equal on both sides, as above.",
        lambda records: marks.leads(records, "rater", "dice_best_seen"),
    ),
    (
        "SPA's recommended mask against the others, single raters",
        "Harder on SPA, as above.",
        lambda records: marks.leads(records, "rater", "dice_recommended"),
    ),
    (
        "Rounds to reach a Dice (paper, Fig. 4)",
        "Six rounds at most; a case that never gets there counts 10. The paper's values are read off its figure.",
        tables.figure_4,
    ),
    ("Higher Dice, and IoU", "", tables.higher_dice),
    ("Failures (paper, Table 5)", "", tables.table_5),
    (
        "How alike the candidates are (paper, Fig. 5)",
        "Of every two candidates on screen. ![Candidates](results/similarity.png)",
        tables.figure_5,
    ),
    ("Change from round to round (paper, Table 7)", "", tables.table_7),
    (
        "Included and excluded raters (paper, Table 2)",
        "The user wants the majority of the included raters. In the paper (REFUGE2) five included clinicians change by "
        f"{', '.join(f'{v:+.2f}' for v in paper.TABLE_2_INCLUDED)} % and two excluded ones by "
        f"{', '.join(f'{v:+.2f}' for v in paper.TABLE_2_EXCLUDED)} %.",
        tables.table_2,
    ),
    (
        "Ablations (paper, Table 3)",
        "Parts are switched off in use, not trained anew as in the paper. Every fourth case.",
        tables.table_3,
    ),
    (
        "Ablations, trained anew (paper, Table 3)",
        "Every network was trained from random weights with the parts of the preference generator that it is used with "
        "here, otherwise alike: the same batches, far fewer steps than the bundled weights' training "
        "(`Resources/Training/losses.yaml` in single precision, `make ablations`). The prior is learned in all of "
        "them. One training each: the intervals are over patients and know nothing of chance in training. Amortised, "
        "without shape latents. On screen: the best of the five masks. Every fourth case.",
        tables.table_3_anew,
    ),
    (
        "What each term of the loss buys",
        "The network trained from random weights without some terms of its loss, otherwise alike: the same batches, "
        "far fewer steps than the bundled weights' training (`Resources/Training/losses.yaml`, `make losses`). "
        "With shape latents is how SPA runs; without them the network's own set of predictions is judged. On screen: "
        "the best of the five masks. Every fourth case.",
        tables.losses,
    ),
    (
        "Two fusions",
        "Embedding fusion is the paper's: every prediction is a decoder pass of its own, so that 48 latents carry the "
        "preference. With token fusion all come of one pass, and 512 do. The network with embedding fusion started "
        "from the bundled weights, everything but the fusion (`make embedding`); what either costs in time stands in "
        "docs/benchmarks.md.",
        tables.fusions,
    ),
    (
        "Number of predictions (paper, appendix 8)",
        "Every fourth case. The candidates come from the predictions; the recommended mask is the mean of all 512 "
        "latents that carry the preference (48 of them: see the ablations).",
        tables.predictions,
    ),
    (
        "Other users",
        "How users answer is defined in `SPASegmentLib/research/evaluation/users.py`. Every fourth case.",
        tables.users,
    ),
    (
        "The profile: first round on images 7 to 12 of one user",
        "Users by policy, the same on all images of a sequence; the profile has learned from the masks accepted "
        "before. Gains are paired. ![Profile](results/profile.png)",
        tables.profile,
    ),
    (
        "When the user changes",
        'Images 7 to 12 by a user of the opposite preference, with the profile of the one before; "all" is over all '
        "of these images, the last two rows over the first and the last of them.",
        tables.user_changes,
    ),
    (
        "Transfer to later images",
        "In the paper the Dice on Kidney rises from 91.68 to 92.43 with a preference adapted on other images.",
        tables.transfer,
    ),
    (
        "Preferences that training has not seen (paper, Table 6)",
        "LIDC's raters are anonymous, so none can be left out of training. Instead: users whose outline lies inside or "
        "outside that of any combination of raters, without a profile.",
        tables.table_6,
    ),
    (
        "Sets of predictions against all raters",
        "After the first click. GED^2: smaller is better; SPA, label-sampling and Probabilistic U-Net have 48 samples, "
        "the others as many as they have, all of which count in the first column. The uncertainty is the entropy of "
        "the recommended probability.",
        tables.sets,
    ),
    (
        "Other organs and modalities",
        "Sets with one mask per image, none of which training has seen: brain MR and spleen CT (`volumes`), "
        "hippocampus MR, and soft-tissue sarcoma on MR and CT of patients kept out of training. The user wants the "
        "largest piece of the slice's mask, clicks into its middle and answers by choices only. Whole slices.",
        tables.other_images,
    ),
    (
        "What other sources bring, and cost",
        "Two short trainings from random weights that differ in their data alone (`Resources/Training/losses.yaml` and "
        "`widened.yaml`, `make widening`): LIDC-IDRI, or the mixture that the bundled weights learned from. Dice of "
        "the recommended mask; lidc is the validation split, the other sets are as above.",
        tables.widening,
    ),
    (
        "Expected Dice",
        "![Calibration](results/calibration.png)",
        tables.expected_dice,
    ),
    (
        "Training",
        "One loop, the same slices, augmentation and clicks: 64 x 64 pixels at the slice's resolution around the click "
        "(`SPASegmentLib/research/evaluation/baselines`). All baselines have equal steps; `spa baselines train "
        "--steps` goes on with more. SPA's crops are larger regions, decoded many times in up to three rounds, and "
        "partly of other "
        "organs; where it started from earlier weights, their steps come on top.",
        tables.budgets,
    ),
    ("Commands", "File names without their folders.", tables.commands),
)

#: Of docs/beyond-lungs.md: what has no record of the paper's tables.
BEYOND: Sections = (
    (
        "Structures of any kind",
        "Sets that training has not seen (`spa evaluate structures`), each a kind of structure; means over sets, with "
        "intervals over sets. A case is the largest part of one class on an image; the click lies at its innermost "
        "pixel. The corrective clicks have the true label.",
        beyond.structures,
    ),
    (
        "Structures of any kind, set by set",
        "A click, then choices; the recommended mask. Worst sets first.",
        beyond.structures_by_set,
    ),
    (
        "Through the volume",
        "Whole structures (`spa evaluate volumes`): a simulated reader clicks into the largest slice, goes on from the "
        "best mask until one has a Dice of 0.9 or the rounds end, accepts it, and visits what SPA asks for. An action "
        'is a click, a choice, an acceptance or an "ends here" mark. Dice of the volume in percent, means over '
        "volumes. None of these patients was trained on, and all numbers were fitted on others; that a "
        "second fit was tried at all was decided after a look at these.",
        volume_tables.by_actions,
    ),
    (
        "Through the volume, against the other ways",
        "Points of Dice on the same volumes; intervals of the paired difference, over patients.",
        volume_tables.leads,
    ),
    (
        "Actions to reach a Dice of the volume",
        "Means over the volumes that get there within the actions of the reader, their share in brackets. Ends are "
        "those found after the first accepted mask, by itself. Computing on one thread; the reader's own time is not "
        "known.",
        volume_tables.reaching,
    ),
    (
        "Through each volume",
        "The weakest first. The brain tumour has few slices and several parts, of which SPA goes on from one; and "
        "where a structure thins out towards its ends, its last slices are guessed.",
        volume_tables.each_volume,
    ),
    *NAMED,
    ("Commands", "File names without their folders.", tables.commands),
)
