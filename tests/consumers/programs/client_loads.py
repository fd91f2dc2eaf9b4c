"""The client loads a snapshot of a running installation into `datasets`."""

import json
import sys

given = json.load(sys.stdin)
sys.path.insert(0, given["client"])

from labelstudio_rlhf_client import Client  # noqa: E402

with Client(given["url"], given["token"]) as client:
    records = client.load(given["snapshot"])
    pairs = client.load(client.get_snapshot(given["snapshot"]), "pairs.jsonl")
    first = pairs[0]

sys.stdout.write(json.dumps({
    "type": type(records).__name__, "rows": len(records), "tiers": records[0]["tiers"], "pairs": len(pairs),
    "chosen": first["chosen"],
}))  # fmt: skip
