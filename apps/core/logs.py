"""Every log line carries the id of its request or job."""

import logging

from . import request_id


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.current()
        return True
