"""Queue `train`: one training run a message."""

from typing import Any

from celery import shared_task

from apps.training.services.claim import training_claim

from .supervise import supervise


@shared_task(name="workers.train", bind=True)
def train(self: Any, uid: str) -> None:
    if claim := training_claim(uid=uid, worker=self.request.hostname or ""):
        supervise(claim)
