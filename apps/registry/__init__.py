"""Model versions and generation runs: who wrote a completion when it was not a person."""
