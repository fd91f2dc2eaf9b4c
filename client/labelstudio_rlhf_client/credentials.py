"""Where a token comes from: given, the environment, or the file that `labelstudio-rlhf login` wrote."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from .errors import Broken

URL, TOKEN = "LABELSTUDIO_RLHF_URL", "LABELSTUDIO_RLHF_TOKEN"


@dataclass(frozen=True)
class Credentials:
    url: str
    token: str


def file_path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "labelstudio-rlhf" / "credentials.json"


def found() -> Credentials:
    """The environment's, else the stored ones. Raises Broken that says how to get some."""
    url, token = os.environ.get(URL), os.environ.get(TOKEN)
    if url and token:
        return Credentials(url, token)
    try:
        stored = json.loads(file_path().read_text())
        return Credentials(url or stored["url"], token or stored["token"])
    except (OSError, ValueError, KeyError) as error:
        raise Broken(f"No token: set {URL} and {TOKEN}, or run `labelstudio-rlhf login`.") from error


def store(credentials: Credentials) -> Path:
    """Readable by its owner only, from the first byte on."""
    path = file_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": credentials.url, "token": credentials.token}, file)
    return path
