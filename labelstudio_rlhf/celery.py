"""The Celery application. A message is a doorbell: it carries one uid, the row it names decides."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelstudio_rlhf.settings")

app = Celery("labelstudio_rlhf")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
