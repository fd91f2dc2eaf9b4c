#!/usr/bin/env python
"""Django's command line for labelstudio_rlhf. Beside a running demo it speaks to that one."""

import os
import sys
from importlib.util import find_spec

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelstudio_rlhf.settings")
    if find_spec("launcher"):  # it is not in the containers' images
        from launcher import running

        running.join(os.environ)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
