"""The real settings, with a broker that delivers again after a second what is not acknowledged."""

from labelstudio_rlhf.settings import *  # noqa: F403

CELERY_BROKER_TRANSPORT_OPTIONS = {
    **CELERY_BROKER_TRANSPORT_OPTIONS,  # noqa: F405
    "visibility_timeout": 1,
    "unacked_restore_interval": 1,
}
