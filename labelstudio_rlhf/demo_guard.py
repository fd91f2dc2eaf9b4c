"""The demo's accounts have a password that everyone knows, so the demo stays on this machine."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1", "testserver"})


def exposed_host(allowed_hosts: list[str]) -> str | None:
    """A sentence that names the first allowed host that is not loopback, or None."""
    for host in allowed_hosts:
        if host not in LOOPBACK:
            return (
                f"DEMO=1 has accounts with a published password, so ALLOWED_HOSTS may only name loopback "
                f"addresses, but it holds {host!r}. Run without DEMO, or allow only 127.0.0.1 and localhost."
            )
    return None
