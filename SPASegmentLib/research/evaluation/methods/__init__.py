"""What can be evaluated: SPA's session, ways that learn nothing, and trained baselines."""
