"""Configuration of the installation: settings, URLs, Celery. No behaviour lives here."""

from .celery import app as celery_app

__all__ = ["celery_app"]
