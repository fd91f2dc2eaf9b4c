"""Whether an error says that the database cannot be reached now: no fault of the program, and another try may go well."""

import psycopg2
from django.db import InterfaceError, OperationalError

RETRY_SECONDS = 5
# PostgreSQL's Appendix A: a connection is lost; the server shuts down or starts; it has no connection left.
_AWAY = ("08", "57P", "53300")


def database_is_away(error: BaseException | None) -> bool:
    """Other OperationalErrors, as a lock that took too long or a full disk, are not this."""
    match error:
        case InterfaceError():
            return "connection" in str(error)
        case OperationalError(__cause__=psycopg2.Error() as cause):
            return cause.pgcode is None or cause.pgcode.startswith(_AWAY)
    return False
