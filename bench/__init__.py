"""Measured comparisons; results are quoted in docs/performance.md with their commands."""
