"""Measurements, each run beside something to compare it with; `python -m benchmarks` runs all."""
