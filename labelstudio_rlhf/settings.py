"""Settings, all from the environment. `docs/operations.md` lists every variable."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from apps.training.domain.endpoints import BadEndpoints, endpoint_names

from . import demo_guard
from .languages import languages_in

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ARTIFACT_ROOT = Path(env.str("ARTIFACT_ROOT", default=str(BASE_DIR / "var" / "artifacts")))
# Bases that somebody laid on this machine's disk: one folder each.
MODEL_FOLDERS = Path(env.str("MODEL_FOLDERS", default=str(ARTIFACT_ROOT / "bases")))
# Token-classification models that may look for personal data in imports, a folder each.
RECOGNISER_FOLDERS = Path(env.str("RECOGNISER_FOLDERS", default=str(ARTIFACT_ROOT / "recognisers")))

# OpenAI-compatible servers whose models may be registered. Only the programs read their addresses and keys.
try:
    ENDPOINT_NAMES = endpoint_names(env.str("ENDPOINTS", default=""))
except BadEndpoints as wrong:
    raise ImproperlyConfigured(str(wrong)) from None

# The demo's accounts have a published password: it must not be reachable from elsewhere.
if DEMO and (problem := demo_guard.exposed_host(ALLOWED_HOSTS)):
    raise ImproperlyConfigured(problem)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.core",
    "apps.accounts",
    "apps.audit",
    "apps.projects",
    "apps.registry",
    "apps.prompts",
    "apps.labeling",
    "apps.feedback",
    "apps.imports",
    "apps.quality",
    "apps.gold",
    "apps.screening",
    "apps.adjudication",
    "apps.causes",
    "apps.datasets",
    "apps.training",
    "apps.lineage",
    "apps.readiness",
    "apps.operations",
    "apps.demo",
]

MIDDLEWARE = [
    "apps.core.middleware.RequestIdMiddleware",
    "apps.core.middleware.LengthMiddleware",
    "apps.core.etags.ApiHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.core.page_language.PageLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.local_time.LocalTimeMiddleware",
    "apps.core.middleware.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "labelstudio_rlhf.urls"
WSGI_APPLICATION = "labelstudio_rlhf.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "apps.core.context.installation",
            ],
            "builtins": ["apps.core.templatetags.ui"],
        },
    }
]

# One dialect everywhere: PostgreSQL 15 or newer (NULLS NOT DISTINCT).
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", engine="django.db.backends.postgresql"),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The broker alone: pages and sign-in work on while it is down.
REDIS_URL = env.str("REDIS_URL")

# --- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "projects:home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
API_TOKEN_LIFETIME = timedelta(days=90)
# Five failures a minute for one account from one address, then 429 until the minute is over.
AXES_USERNAME_FORM_FIELD = "username"  # what Django's sign-in form and `authenticate()` call the address
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=1)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "apps.accounts.throttle.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# --- transport ----------------------------------------------------------------------------------
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "apps.core.csrf.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# A submitted judgment is small; an import is streamed and has its own limit. A page's form may be larger than what
# it will be allowed to say: so the answer names the field that is too long, with everything still in the form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
JSON_MAX_BYTES = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
IMPORT_INLINE_MAX_BYTES = 50 * 1024 * 1024
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=4 * 1024**3)

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "apps.core.static_storage.HashedModulesStorage"
    },
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = languages_in(LOCALE_PATHS[0])

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.parsers.BoundedJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.core.limits.PersonThrottle"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.openapi.HouseSchema",
    "EXCEPTION_HANDLER": "apps.core.api.exception_handler",
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.UidCursorPagination",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Calls a minute that one person may make of one web process; 0: as many as they like.
RATE_LIMITS = {
    "read": env.int("RATE_READ", default=3_000),
    "write": env.int("RATE_WRITE", default=1_200),
    "hot": env.int("RATE_HOT", default=12_000),
}
# drf-spectacular cannot import nested classes by path, so the choices it should name stand here.
ENUM_NAMES = {
    "MemberRole": "labeler adjudicator manager researcher",
    "MemberStatus": "invited qualifying active suspended",
    "TaskKind": "rank rate demonstrate",
    "TaskPurpose": "production gold qualification adjudication evaluation",
    "SnapshotPurpose": "training evaluation",
    "SnapshotKind": "rankings demonstrations prompts ratings",
    "SnapshotState": "building ready failed",
    "ImportState": "receiving queued running done partial failed",
    "ReportState": "open closed",
    "AssignmentState": "reserved leased submitted skipped released expired",
    "SkipCode": "unclear knowledge language content broken other",
    "ProjectState": "active paused archived",
    "ModelRole": "base sft reward policy",
    "ModelState": "registered ready refused retired",
    "TrainingKind": "pretrain sft reward ppo",
    "RunState": "queued running done failed cancelled",
    "LoopState": "running done failed cancelled",
    "ExamPart": "flags rankings demonstrations",
    "ExamStage": "no_exam begin practice exam waiting again rejected accepted",
    "CandidateState": "practice exam submitted accept_training accept_held_out reject ask_again",
    "DecisionOutcome": "accept_training accept_held_out reject ask_again",
    "ScoreMissing": "not_asked not_seen no_strict_pair not_graded",
    "LoopTrigger": "hand comparisons hours",
    "GoldRetiredAs": "wrong worn",
}
# The same of choices whose words for people are the values themselves.
PLAIN_ENUM_NAMES = {
    "DisagreementCause": "noise pluralism guideline prompts",
    "DisagreementShareOf": "rankings marks",
    "DisagreementNextStep": "adjudicate mend retrain split",
    "ReportCategory": "harmful personal_data broken wrong_language duplicate other",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "labelstudio_rlhf API",
    "DESCRIPTION": "People rank, models learn: projects, guidelines, imports, assignments, snapshots.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        name: [(value, value.capitalize()) for value in values.split()] for name, values in ENUM_NAMES.items()
    }
    | {name: values.split() for name, values in PLAIN_ENUM_NAMES.items()}
    | {"ResolutionCategory": "apps.adjudication.models.Resolution.Category"},
}

# --- workers ------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "web"
CELERY_INCLUDE = ["workers.tasks.train", "workers.tasks.generate"]
# What trains and what generates has workers of its own: they hold a run for hours.
CELERY_TASK_ROUTES = {"workers.train": {"queue": "train"}, "workers.generate": {"queue": "generate"}}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A ring that cannot be sent is given up soon: beat rings again for every row that waits.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
# A killed worker's messages come back after a minute; a task that is still alive then has its row
# claimed, so the second delivery does nothing (celery#5935).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "visibility_timeout": 60,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
# A ring that no worker took before the next one is due is worth nothing: it expires.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, task, seconds in (
        ("labeling-reap-leases", "labeling.reap_leases", 15.0),
        ("datasets-requeue", "datasets.requeue", 30.0),
        ("imports-requeue", "imports.requeue", 30.0),
        ("quality-refresh", "quality.refresh", 20.0),
        ("quality-bias", "quality.bias", 60.0),
        ("quality-recount", "quality.recount", 86_400.0),
        ("adjudication-round", "adjudication.round", 20.0),
        ("adjudication-recount", "adjudication.recount", 86_400.0),
        ("causes-refresh", "causes.refresh", 60.0),
        ("gold-refresh", "gold.refresh", 60.0),
        ("readiness-refresh", "readiness.refresh", 60.0),
        ("accounts-forget-keys", "accounts.forget_keys", 3600.0),
        ("operations-check-counters", "operations.check_counters", 86_400.0),
        ("training-requeue", "training.requeue", 15.0),
        ("training-loops", "training.loops", 5.0),
        ("training-retrain", "training.retrain", 30.0),
        ("training-preferences", "training.preferences", 20.0),
    )
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "apps.core.logs.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}
