"""The Celery application. A message is a doorbell: it carries one uid, the row it names decides."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun

from apps.core import request_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelstudio_rlhf.settings")

app = Celery("labelstudio_rlhf")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def begin_job(task_id: str, **_: Any) -> None:
    """A job's log lines and audit entries carry its message's id, as a request's carry the request's."""
    request_id.begin(task_id)
