"""Benchmarks: each prints a table and writes JSON under bench/results/. Nothing here is part of the tests."""
