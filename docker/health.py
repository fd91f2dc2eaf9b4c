"""Does this container's program do its work? Exit 0, or 1 with a sentence.

python docker/health.py web [PORT] | celery NAME
"""

import http.client
import os
import socket
import sys

ANSWER_SECONDS = 5.0


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


def check_celery(name: str) -> str | None:
    """A worker answers while it hears the broker; beat, while its schedule turns too."""
    from celery import Celery  # asking the web goes without it, in a tenth of the time

    node = f"{name}@{socket.gethostname()}"
    with Celery(broker=os.environ["REDIS_URL"], set_as_current=False) as app:
        answers = app.control.ping(destination=[node], timeout=ANSWER_SECONDS)
    return None if answers else f"{node} does not answer"


def allowed_host(allowed_hosts: str) -> str:
    """A Host header that Django accepts: the first that is allowed, whatever the container is called outside."""
    first = allowed_hosts.split(",")[0].strip().removeprefix(".")
    return first if first not in {"", "*"} else "127.0.0.1"


CHECKS = {"web": check_web, "celery": check_celery}

if __name__ == "__main__":
    sys.exit(CHECKS[sys.argv[1]](*sys.argv[2:]))
