"""Measuring time and memory: SPA beside the paper's procedure, and SPA's own parts. See docs/benchmarks.md."""
