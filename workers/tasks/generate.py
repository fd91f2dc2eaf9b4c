"""Queue `generate`: one generation run a message."""

from typing import Any

from celery import shared_task

from apps.training.services.claim import generation_claim

from .supervise import supervise


@shared_task(name="workers.generate", bind=True)
def generate(self: Any, uid: str) -> None:
    if claim := generation_claim(uid=uid, worker=self.request.hostname or ""):
        supervise(claim)
