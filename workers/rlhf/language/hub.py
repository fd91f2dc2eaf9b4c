"""Which commit of a hub's model a run reads. A branch or a tag is resolved once, before anything else is loaded.

So the model, its config and its tokenizer are of one commit, and the manifest can name it.
"""

from transformers.utils.hub import cached_file, extract_commit_hash

CONFIG = "config.json"


def commit_of(name: str, revision: str | None) -> str | None:
    """The full commit that `revision` (the hub's main branch without one) means now.

    None where the hub does not say: then the load that follows says what is wrong.
    """
    try:
        found = cached_file(name, CONFIG, revision=revision or "main")
    except (OSError, ValueError):
        return None
    return extract_commit_hash(found, None)
