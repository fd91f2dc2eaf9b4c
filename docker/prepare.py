"""Before anything else starts: the tables, and in the demo its accounts and project. Harmless to run again."""

import subprocess
import sys

import environ

COMMANDS = [("migrate", "--noinput")]
if environ.Env().bool("DEMO", default=False):
    COMMANDS.append(("seed_demo",))

for words in COMMANDS:
    if code := subprocess.run([sys.executable, "manage.py", *words], check=False).returncode:
        sys.exit(code)
