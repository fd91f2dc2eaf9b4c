"""The demo project: a clinic, its people, its simulated labelers."""
