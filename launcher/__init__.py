"""Sets up and runs the whole system on one machine: `make demo`, `make test`.

It imports only the standard library, so that it can say what is missing before anything is installed.
"""
