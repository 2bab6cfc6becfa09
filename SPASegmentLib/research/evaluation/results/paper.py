"""Numbers of the SPA paper (arXiv 2411.15513) that ours stand beside. LIDC unless said otherwise; Dice in percent."""

from __future__ import annotations

#: Table 1, LIDC: method -> Dice after one iteration (first click), after three; None where the paper has none.
TABLE_1 = {
    "unet": (62.99, None),
    "transunet": (64.09, None),
    "swinunet": (59.45, None),
    "ensemble": (63.84, None),
    "probabilistic": (48.52, None),
    "label-sampling": (62.05, None),
    "multi-head": (62.60, None),
    "mrnet": (63.29, None),
    "click-network": (66.68, 66.71),
    "medsam": (68.42, 68.45),
    "msa": (66.88, 66.87),
    "sam-u": (62.24, 62.84),
    "sam-u-v2": (64.82, 65.44),
    "spa": (88.07, 88.56),
}
#: Figure 4, LIDC, read off the figure: iterations to a Dice, failures counted 10.
FIGURE_4_DICE = (0.6, 0.63, 0.66, 0.69, 0.72, 0.75)
FIGURE_4 = {
    "SAM": (3.7, 3.7, 3.8, 3.9, 4.0, 4.2),
    "MedSAM": (3.5, 3.5, 3.6, 3.7, 3.8, 3.9),
    "MSA": (3.6, 3.7, 3.8, 3.8, 4.0, 4.1),
    "SAM-U V1": (3.9, 4.0, 4.0, 4.1, 4.3, 4.4),
    "SAM-U V2": (3.6, 3.6, 3.7, 3.8, 3.9, 4.1),
    "SPA": (1.7, 1.8, 2.0, 2.2, 2.4, 2.7),
}
#: Table 5, LIDC: share of cases that never reach Dice 0.60 and 0.70, in percent.
TABLE_5 = {
    "SAM": (29.4, 32.5),
    "MedSAM": (27.2, 29.8),
    "MSA": (29.1, 31.9),
    "SAM-U V1": (31.9, 34.9),
    "SAM-U V2": (27.9, 31.3),
    "SPA": (7.0, 13.0),
}
#: Figure 5, REFUGE2 optic cup: median Dice between candidates in rounds 1, 2 and 6.
FIGURE_5 = {1: 0.952, 2: 0.939, 6: 0.956}
#: Table 7, REFUGE2 optic cup: change of Dice from round to round, and overall, in points.
TABLE_7 = (1.05, 0.34, 0.36, 0.16, 0.15, 2.07)
#: Table 3, three iterations: REFUGE2 and Kidney.
TABLE_3 = {
    "random-gaussian": (80.29, 90.05),
    "gaussians": (84.12, 92.06),
    "weights": (82.87, 92.29),
    "amortised": (85.42, 94.26),
}
#: Appendix 8, REFUGE2 after six iterations: Dice for 24, 36 and 48 predictions.
PREDICTIONS = {24: 83.05, 36: 84.70, 48: 86.22}
#: Table 6, REFUGE2, a clinician left out: iterations to Dice 0.75 and 0.84, mean of three runs.
TABLE_6 = (3.01, 5.02)
