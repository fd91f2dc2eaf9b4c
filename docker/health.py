"""Does this container's program do its work? Exit 0, or 1 with a sentence.

python docker/health.py web [PORT] | worker NAME | beat [SCHEDULE]
"""

import http.client
import os
import socket
import sys
import time
from pathlib import Path

ANSWER_SECONDS = 5.0
# Beat writes its schedule down every three minutes, so this long without means that it hangs.
BEAT_SECONDS = 600.0


def check_web(port: str = "8000") -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": allowed_host(os.environ.get("ALLOWED_HOSTS", ""))})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"no answer on port {port}: {error!r}"
    finally:
        connection.close()
    return None if status == 200 else f"/healthz answers {status}"


def check_worker(name: str) -> str | None:
    from celery import Celery  # web and beat ask without it, in a tenth of the time

    node = f"{name}@{socket.gethostname()}"
    with Celery(broker=os.environ["REDIS_URL"], set_as_current=False) as app:
        answers = app.control.ping(destination=[node], timeout=ANSWER_SECONDS)
    return None if answers else f"{node} does not answer"


def check_beat(schedule: str = "/data/beat/schedule") -> str | None:
    # Some dbm libraries add a suffix to the name.
    written = [path.stat().st_mtime for path in Path(schedule).parent.glob(f"{Path(schedule).name}*")]
    if not written:
        return f"{schedule} is not there"
    age = time.time() - max(written)
    return None if age < BEAT_SECONDS else f"{schedule} was last written {age:.0f} s ago"


def allowed_host(allowed_hosts: str) -> str:
    """A Host header that Django accepts: the first that is allowed, whatever the container is called outside."""
    first = allowed_hosts.split(",")[0].strip().removeprefix(".")
    return first if first not in {"", "*"} else "127.0.0.1"


CHECKS = {"web": check_web, "worker": check_worker, "beat": check_beat}

if __name__ == "__main__":
    sys.exit(CHECKS[sys.argv[1]](*sys.argv[2:]))
