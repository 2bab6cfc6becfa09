"""Measuring SPA: protocols, simulated users, metrics, baselines, reports.

`multi_rater.evaluate` takes a `task.Task` (the options of ``spa evaluate lidc``): `case_lists` finds or draws the
cases, `methods` shows masks to one of the `users`, `rounds` and `policy` sum up what came of it with `metrics` and
`statistics`, and `record` writes it. `baselines` trains what SPA is compared with; `results` holds the plan, tables and
plots of docs/results.md.
"""
