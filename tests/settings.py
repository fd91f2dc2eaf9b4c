"""The real settings, with what only tests need."""

from labelstudio_rlhf.settings import *  # noqa: F403

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Rings go nowhere unless a test starts a real broker and worker.
CELERY_BROKER_URL = "memory://"
# Static files come from the live server's own handler; whitenoise would ask for collected ones.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]  # noqa: F405
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Whoever tests the limits sets some.
RATE_LIMITS = dict.fromkeys(RATE_LIMITS, 0)  # noqa: F405
