"""All measurements of docs/results.md: the plan, the records, tables, plots and pictures."""
