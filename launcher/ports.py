"""TCP ports on this machine."""

import json
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen there now; a port that only waits out old connections counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def pick_free() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def next_free(after: int) -> int | None:
    return next((port for port in range(after + 1, min(after + 100, 65536)) if is_free(port)), None)


def remembered(file: Path, name: str) -> int:
    """The port this service had the last time if that is free, else another one, remembered for the next time."""
    saved = _read(file)
    port = saved.get(name)
    if port is None or not is_free(port):
        port = pick_free()
        file.write_text(json.dumps({**saved, name: port}, indent=2))
    return port


def _read(file: Path) -> dict[str, int]:
    try:
        saved = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return {name: port for name, port in saved.items() if isinstance(port, int)} if isinstance(saved, dict) else {}
