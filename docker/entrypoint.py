"""What every container of ours runs first: the demo's published secrets stay in the demo.

python docker/entrypoint.py PROGRAM [ARGUMENT ...]
"""

import os
import sys

import environ

PUBLISHED = "published-demo-value"  # docker-compose.yml has it in every default that everyone can read


def refusal(env: environ.Env) -> str | None:
    """A sentence that names what must be set before this runs outside the demo, or None."""
    if env.bool("DEMO", default=False):
        return None
    places = {"SECRET_KEY": "SECRET_KEY", "DATABASE_URL": "POSTGRES_PASSWORD"}
    unset = [setting for name, setting in places.items() if PUBLISHED in env.str(name, default="")]
    if not unset:
        return None
    return (
        f"Without DEMO=1 the demo's published values are refused: give {' and '.join(unset)} a value of your own "
        "(docs/containers.md)."
    )


if __name__ == "__main__":
    if problem := refusal(environ.Env()):
        sys.exit(problem)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the program takes this process's place and its signals
