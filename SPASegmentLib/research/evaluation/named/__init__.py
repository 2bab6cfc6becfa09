"""Named people as users: sets in which bit k of the masks is always the same person."""
